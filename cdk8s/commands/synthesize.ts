import { App } from 'cdk8s';
import { GatewayChart } from '../charts/gateway.ts';
import { KafkaChart } from '../charts/kafka.ts';
import { MeshChart } from '../charts/mesh.ts';
import { NamespacesChart } from '../charts/namespaces.ts';
import { ObservabilityChart } from '../charts/observability.ts';
import { QuotasChart } from '../charts/quotas.ts';
import { SecurityChart } from '../charts/security.ts';
import { WorkloadsChart } from '../charts/workload.ts';
import type { MeshPlan } from '../mesh/plan.ts';
import type { Environment } from '../model/environment.ts';
import type { Topology } from '../model/topology.ts';
import { writeCharts } from './write-charts.ts';

export interface SynthesisProps {
  readonly topology: Topology;
  readonly plan: MeshPlan;
  readonly environment: Environment;
  /** A folder of its own: what is in it is replaced. */
  readonly outFolder: string;
}

/**
 * Writes one environment's manifests, a file per chart, numbered so that `kubectl apply -f <folder>` makes namespaces
 * first and has the policies in place before the first pod.
 */
export function synthesize({ topology, plan, environment, outFolder }: SynthesisProps): void {
  const app = new App();
  new NamespacesChart(app, '10-namespaces', topology);
  new QuotasChart(app, '15-quotas', topology, environment);
  new ObservabilityChart(app, '30-observability', environment.samplingPercent);
  new GatewayChart(app, '35-edge', topology, environment.tokens);
  new MeshChart(app, '40-mesh', plan);
  // After the policies that allow something, so that an upgrade refuses no call in between.
  new SecurityChart(app, '45-security', topology, environment);
  new KafkaChart(app, '50-kafka', topology, environment);
  new WorkloadsChart(app, '60-workloads', topology, environment);
  writeCharts(app, outFolder);
}
