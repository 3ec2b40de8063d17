import { callsFrom } from '../model/interactions.ts';
import type { Topology } from '../model/topology.ts';

/**
 * Where the sidecar of a partner's caller finds the partner's authority: a ConfigMap, mounted as a file. Istio could
 * also read a Secret itself (credentialName), but then each caller's account would need the right to read Secrets.
 */
export function caFolder(ca: string): string {
  return `/etc/partner-ca/${ca}`;
}

export function caFile(ca: string): string {
  return `${caFolder(ca)}/ca.crt`;
}

/** The authorities of the partners that a service calls. */
export function partnerCasOf(caller: string, topology: Topology): string[] {
  return callsFrom(caller, topology).flatMap(({ callee }) => topology.services[callee]?.external?.ca ?? []);
}
