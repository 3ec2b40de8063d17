import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { PORTS } from '../../cdk8s/model/addresses.ts';
import { topology } from '../../cdk8s/topology.ts';
import { kubectl } from '../harness/kubectl.ts';
import { namespaceOf } from '../harness/services.ts';
import { removePod, startPod } from '../harness/temporary-pod.ts';
import { useCluster } from '../harness/use-cluster.ts';

const { cluster } = useCluster();
const { host: partner } = topology.services.acquirer.external;

/** Where a call is made: the name is the namespace's, the container's and, of a service, the deployment's. */
interface Place {
  readonly namespace: string;
  readonly pod: string;
  readonly container: string;
}
const acquirer: Place = { namespace: namespaceOf('acquirer'), pod: 'deploy/acquirer', container: 'acquirer' };
const payments: Place = { namespace: namespaceOf('payments'), pod: 'deploy/payments', container: 'payments' };

/** What holds for it holds by the mesh's own config. */
const unknown = { name: 'egress-probe', inMesh: true, program: 'setInterval(() => {}, 60_000)' } as const;
const probe: Place = { namespace: unknown.name, pod: `pod/${unknown.name}`, container: unknown.name };

/** A GET, whatever answers it, as `status 200` or `error ECONNRESET`. */
function get({ namespace, pod, container }: Place, url: string, headers = {}): Promise<string> {
  const options = { headers, rejectUnauthorized: false };
  const script = `
    require('node:${new URL(url).protocol.slice(0, -1)}').get('${url}', ${JSON.stringify(options)}, ({ statusCode }) => {
      console.log('status', statusCode);
      process.exit();
    }).on('error', ({ code }) => console.log('error', code));
  `;
  return kubectl('-n', namespace, 'exec', pod, '-c', container, '--', 'node', '-e', script);
}

/** The partner by its address, past the name that the policies are about. */
async function partnersAddress(): Promise<string> {
  const { status } = await cluster.core.readNamespacedPod(await cluster.onlyPod(acquirer.namespace, 'app=acquirer'));
  return `https://${status?.podIP}:${PORTS.https}/`;
}

it('outside the mesh that address answers, so that a refusal below is the refusal of a proxy', async () => {
  expect(await get(acquirer, await partnersAddress())).toBe('status 404');
});

describe.each([
  { from: 'a service', place: payments },
  { from: 'a pod that no Sidecar resource is about', place: probe },
])("from $from, its own proxy refuses a call of what is not in the mesh's registry:", ({ place }) => {
  if (place === probe) {
    beforeAll(() => startPod(unknown));
    afterAll(() => removePod(unknown));
  }

  it('an address', async () => {
    expect(await get(place, await partnersAddress())).toBe('error ECONNRESET');
  });

  it('a name, on a port that another host has', async () => {
    expect(await get(place, `http://${partner}/`, { host: 'elsewhere.example' })).toBe('status 502');
  });
});
