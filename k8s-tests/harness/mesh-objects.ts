import { App } from 'cdk8s';
import { MeshChart } from '../../cdk8s/charts/mesh.ts';
import type { MeshPlan } from '../../cdk8s/mesh/plan.ts';
import type { KubernetesObject } from '../../cluster/kubernetes/objects.ts';

/** The mesh objects of a plan, without the gateway. */
export function meshObjectsOf(plan: MeshPlan): KubernetesObject[] {
  return new MeshChart(new App(), 'mesh', plan).toJson() as KubernetesObject[];
}
