import { Chart } from 'cdk8s';
import type { Construct } from 'constructs';
import { Telemetry } from '../imports/telemetry.istio.io.ts';
import { MESH_ROOT_NAMESPACE } from '../mesh/caller.ts';
import { CLIENT_TRACE_HEADER } from '../mesh/edge/headers.ts';
import { TRACING_PROVIDER } from './platform.ts';

/**
 * What Envoy tells of a client in each span: the path with its query, the program, the address. A tag of the same name
 * replaces it.
 */
const withheldTags = Object.fromEntries(
  ['http.url', 'user_agent', 'peer.address'].map((name) => [name, { literal: { value: 'withheld' } }]),
);

/** Mesh-wide tracing. Envoy's default of 1 % would lose the one trace that is looked for. */
export class ObservabilityChart extends Chart {
  constructor(scope: Construct, id: string, samplingPercent: number) {
    super(scope, id);
    new Telemetry(this, 'tracing', {
      metadata: { name: 'default', namespace: MESH_ROOT_NAMESPACE },
      spec: {
        tracing: [
          {
            providers: [{ name: TRACING_PROVIDER }],
            randomSamplingPercentage: samplingPercent,
            customTags: { 'client.traceparent': { header: { name: CLIENT_TRACE_HEADER } }, ...withheldTags },
          },
        ],
      },
    });
  }
}
