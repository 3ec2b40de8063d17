import { EDGE_CERTIFICATE, TRACING_COLLECTOR } from '../model/addresses.ts';
import { migratorOf, TOKEN_KEYS } from '../model/database.ts';
import type { Topology } from '../model/topology.ts';
import { workloadsOf } from '../model/topology-in.ts';

/**
 * What an environment for customers needs in its cluster before its manifests are applied, and no file of this
 * repository contains: a line for each. docs/kubectl-apply.md explains them.
 *
 * @param topology as the environment has it
 */
export function prerequisites(topology: Topology): readonly string[] {
  const services = Object.values(workloadsOf(topology));
  const roles = [...new Set(services.flatMap(({ database }) => [database, migratorOf(database)]))];
  const authorities = Object.values(topology.services).flatMap(({ external }) => external?.ca ?? []);
  const keepsTokens = services.some(({ keeps }) => keeps?.includes('payment-tokens'));
  const { host, port } = TRACING_COLLECTOR;
  return [
    ...roles.map((role) => `Secret shop/postgres-${role}: url, ca.crt`),
    ...(keepsTokens ? [`Secret shop/${TOKEN_KEYS}: keys.json`] : []),
    `Secret ${EDGE_CERTIFICATE.namespace}/${EDGE_CERTIFICATE.name}: tls.crt, tls.key`,
    ...authorities.map((name) => `ConfigMap shop/${name}: ca.crt`),
    `a collector of traces with storage: Jaeger, or another that takes OTLP at ${host}:${port}`,
    'a Prometheus: the identity observability/prometheus, the rules of charts/monitoring',
    'namespaces istio-system and observability',
    'Istio with its CRDs, istiod, CNI agent and gateway: with the values for prod of charts/istio',
    'Strimzi with its CRDs: with the values for prod of charts/strimzi',
    'a StorageClass standard, whose volumes outlive a node',
  ];
}
