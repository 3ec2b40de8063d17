import { writeFile } from 'node:fs/promises';
import { customerAuthentication, wantedAuthentication } from '../credentials/customer-key.ts';
import { readEdgeAuthority } from '../credentials/edge-certificate.ts';
import { clusterStore } from '../credentials/store.ts';
import { readTokenIssuer, signToken } from '../credentials/tokens.ts';
import { manifestObjects, synthesize } from '../deploy/application.ts';
import { kubectl } from '../kubernetes/kubectl.ts';
import { memoryByPart } from '../kubernetes/memory.ts';
import { diffMesh } from '../kubernetes/mesh-diff.ts';
import { binFolder, edgeAuthority, kubeconfig } from '../paths.ts';
import type { Settings } from '../settings.ts';
import { decideFor } from '../shared/decide-for.ts';
import { namespacesOf } from '../shared/mesh.ts';
import { titleOf } from './choose-provider.ts';
import { runningCluster } from './running.ts';

/** Prints what runs, where, and how much memory it uses. */
export async function status(settings: Settings): Promise<void> {
  const { provider, ports } = await runningCluster(settings);
  console.log(
    `${titleOf(provider)}: shop http://127.0.0.1:${ports.ingress}, Jaeger http://127.0.0.1:${ports.jaeger}, ` +
      `Prometheus http://127.0.0.1:${ports.prometheus}\n`,
  );
  const { mesh } = await decideFor(provider);
  for (const namespace of namespacesOf(mesh)) {
    const args = ['-n', namespace, 'get', 'deployments,statefulsets,kafkas.kafka.strimzi.io', '--ignore-not-found'];
    const { stdout } = await kubectl(args);
    if (stdout) console.log(`${namespace}\n${stdout}`);
  }
  const parts = await memoryByPart(provider);
  const total = parts.reduce((sum, { mib }) => sum + mib, 0);
  for (const { part, mib } of [...parts, { part: 'total', mib: total }])
    console.log(`${String(mib).padStart(6)} MiB  ${part}`);
}

/** Prints how the cluster's mesh config differs from the source. Returns the exit code: 1 if they differ. */
export async function diff(settings: Settings): Promise<number> {
  const { provider } = await runningCluster(settings);
  await synthesize();
  const { mesh } = await decideFor(provider);
  const manifests = await manifestObjects(mesh);
  const wanted = wantedAuthentication(manifests);
  const made = wanted ? [await customerAuthentication(clusterStore, wanted)] : [];
  const difference = await diffMesh([...manifests, ...made], namespacesOf(mesh));
  process.stdout.write(difference || 'The mesh runs what the source says.\n');
  return difference ? 1 : 0;
}

/** Follows the logs of all services, or of one, until it is interrupted. */
export async function logs(settings: Settings, service?: string): Promise<void> {
  await runningCluster(settings);
  const which = service ? `app=${service}` : 'app';
  const args = ['-n', 'shop', 'logs', '-l', which, '--prefix', '--follow', '--tail=20', '--max-log-requests=50'];
  await kubectl(args, { onLine: (line) => console.log(line), what: `logs of ${service ?? 'the services'}` });
}

/**
 * Prints shell lines that point kubectl, helm and istioctl at this checkout's cluster, and set the URLs INGRESS,
 * INGRESS_TLS, JAEGER and PROMETHEUS; INGRESS_CA, a file with the authority of the certificate in TLS; and TOKEN, a token
 * of the customer c-1 without a role.
 */
export async function env(settings: Settings): Promise<void> {
  const { ports } = await runningCluster(settings);
  const authority = await readEdgeAuthority();
  if (authority) await writeFile(edgeAuthority, authority);
  console.log(`export KUBECONFIG='${kubeconfig}' PATH='${binFolder}':"$PATH"`);
  const { ingress, ingressTls, jaeger, prometheus } = ports;
  console.log(`export INGRESS=http://127.0.0.1:${ingress} JAEGER=http://127.0.0.1:${jaeger}`);
  console.log(`export INGRESS_TLS=https://127.0.0.1:${ingressTls} INGRESS_CA='${edgeAuthority}'`);
  console.log(`export PROMETHEUS=http://127.0.0.1:${prometheus}`);
  console.log(`export TOKEN='${await signToken(await readTokenIssuer(), { customer: 'c-1' })}'`);
}
