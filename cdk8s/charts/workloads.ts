import { Chart } from 'cdk8s';
import type { Construct } from 'constructs';
import type { Environment } from '../model/environment.ts';
import type { Topology } from '../model/topology.ts';
import { Workload } from './workload.ts';

/** Everything that runs our image. */
export class WorkloadsChart extends Chart {
  constructor(scope: Construct, id: string, topology: Topology, environment: Environment) {
    super(scope, id);
    for (const [name, service] of Object.entries(topology.services)) {
      new Workload(this, { name, service, topology, environment });
    }
  }
}
