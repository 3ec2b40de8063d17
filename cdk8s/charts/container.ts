import { Duration, Size } from 'cdk8s';
import * as kplus from 'cdk8s-plus-27';
import type { Environment, Resources } from '../environments.ts';
import { PORTS } from '../mesh/addresses.ts';
import type { Service } from '../mesh/model.ts';

const USER = 10001;
export const CODE_FOLDER = '/app/services';

/** Who a pod and each of its containers run as. */
export const runAsNobody = { ensureNonRoot: true, user: USER, group: USER } as const;

/** Starts the program anew whenever a file that it has imported changes. */
const WATCHING = ['node', '--watch', '--import', `${CODE_FOLDER}/lib/tracing/register.ts`, `${CODE_FOLDER}/main.ts`];

export interface ServiceContainerProps {
  readonly name: string;
  readonly service: Service;
  readonly environment: Environment;
  readonly isCritical: boolean;
  readonly envVariables: Record<string, kplus.EnvValue>;
}

/** The container of a service; the argument picks which one the image becomes. Its ports are those it really opens. */
export function serviceContainer({
  name,
  service,
  environment,
  isCritical,
  envVariables,
}: ServiceContainerProps): kplus.ContainerProps {
  const { cpuRequestMilli, criticalCpuRequestMilli, ...resources } = environment.service;
  return {
    name,
    image: environment.image,
    imagePullPolicy: kplus.ImagePullPolicy.IF_NOT_PRESENT,
    ...(environment.fileSync && { command: WATCHING }),
    args: [service.program ?? name],
    envVariables,
    ports: portsOf(service),
    startup: probe('/livez', { failureThreshold: 60, periodSeconds: Duration.seconds(1) }),
    liveness: probe('/livez', { failureThreshold: 3, periodSeconds: Duration.seconds(10) }),
    readiness: probe('/readyz', { failureThreshold: 2, periodSeconds: Duration.seconds(2) }),
    resources: toResources({ ...resources, cpuRequestMilli: isCritical ? criticalCpuRequestMilli : cpuRequestMilli }),
    securityContext: lockedDown(),
  };
}

/** Fills the folder that files are synced into with the image's code. */
export function codeCopier(environment: Environment, code: kplus.Volume): kplus.ContainerProps {
  const target = '/code';
  return {
    name: 'code',
    image: environment.image,
    imagePullPolicy: kplus.ImagePullPolicy.IF_NOT_PRESENT,
    command: ['/bin/sh', '-c', `cp -R ${CODE_FOLDER}/. ${target}/`],
    volumeMounts: [{ path: target, volume: code }],
    resources: toResources(environment.service),
    securityContext: lockedDown(),
  };
}

function portsOf({ serves }: Service): kplus.ContainerPort[] {
  const open = serves === 'nothing' ? [] : [{ name: serves, number: PORTS[serves] }];
  return [...open, { name: 'metrics', number: PORTS.metrics }, { name: 'admin', number: PORTS.admin }];
}

function probe(path: string, options: kplus.ProbeOptions): kplus.Probe {
  return kplus.Probe.fromHttpGet(path, { port: PORTS.admin, timeoutSeconds: Duration.seconds(2), ...options });
}

function toResources({ cpuRequestMilli, memoryRequestMi, memoryLimitMi }: Resources): kplus.ContainerResources {
  return {
    cpu: { request: kplus.Cpu.millis(cpuRequestMilli) },
    memory: { request: Size.mebibytes(memoryRequestMi), limit: Size.mebibytes(memoryLimitMi) },
  };
}

function lockedDown(): kplus.ContainerSecurityContextProps {
  return {
    ...runAsNobody,
    readOnlyRootFilesystem: true,
    allowPrivilegeEscalation: false,
  };
}
