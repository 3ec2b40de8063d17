import { topology } from '../../cdk8s/topology.ts';

export type ServiceName = keyof typeof topology.services;

/** Every service of Windlass. Each has an admin port. */
export const services = Object.keys(topology.services) as readonly ServiceName[];

export const namespaceOf = (service: ServiceName): string => topology.services[service].namespace;

/** The name and namespace of a pod or deployment. */
export interface PodRef {
  readonly namespace: string;
  readonly name: string;
}
