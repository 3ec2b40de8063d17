import { topology } from '../../cdk8s/topology.ts';

export type ServiceName = keyof typeof topology.services;

/** Every service of ours; each has an admin port. */
export const services = Object.keys(topology.services) as readonly ServiceName[];

export const namespaceOf = (service: ServiceName): string => topology.services[service].namespace;

/** A pod by its names. */
export interface PodRef {
  readonly namespace: string;
  readonly name: string;
}
