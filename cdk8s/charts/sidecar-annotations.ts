import { caFolder } from '../mesh/partner-ca.ts';
import { TRACING_COLLECTOR } from '../model/addresses.ts';
import type { Environment } from '../model/environment.ts';
import { KAFKA, POSTGRES_PORT } from './platform.ts';

/** How long the application continues to serve after its pod was told to end; callers learn of the end meanwhile. */
export const PRE_STOP_SECONDS = 5;

/**
 * What Istio's injector is told about one pod's sidecar.
 *
 * @param cas the authorities of the partners that the pod calls
 */
export function sidecarAnnotations(
  { sidecar, postgres }: Pick<Environment, 'sidecar' | 'postgres'>,
  cas: readonly string[],
): Record<string, string> {
  const { cpuRequestMilli, memoryRequestMi, memoryLimitMi } = sidecar;
  const postgresPort = postgres === 'in-cluster' ? POSTGRES_PORT : postgres.port;
  return {
    'sidecar.istio.io/proxyCPU': `${cpuRequestMilli}m`,
    'sidecar.istio.io/proxyMemory': `${memoryRequestMi}Mi`,
    'sidecar.istio.io/proxyMemoryLimit': `${memoryLimitMi}Mi`,
    // Jaeger, Postgres and Kafka are plain pods without a policy. Through the proxy, every export of spans would be
    // traced itself.
    'traffic.sidecar.istio.io/excludeOutboundPorts': [TRACING_COLLECTOR.port, postgresPort, KAFKA.port].join(),
    // Callers' connections are asked to close (GOAWAY) within the pre-stop sleep. A native sidecar then ends right
    // after the application; a classic one needs the second number, to outlive it.
    'proxy.istio.io/config': JSON.stringify({
      drainDuration: `${PRE_STOP_SECONDS}s`,
      terminationDrainDuration: `${3 * PRE_STOP_SECONDS}s`,
    }),
    ...(cas.length > 0 && caVolumes(cas)),
  };
}

function caVolumes(cas: readonly string[]): Record<string, string> {
  const volumes = cas.map((ca) => [ca, { configMap: { name: ca } }]);
  const mounts = cas.map((ca) => [ca, { mountPath: caFolder(ca), readOnly: true }]);
  return {
    'sidecar.istio.io/userVolume': JSON.stringify(Object.fromEntries(volumes)),
    'sidecar.istio.io/userVolumeMount': JSON.stringify(Object.fromEntries(mounts)),
  };
}
