import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { PORTS } from '../../cdk8s/model/addresses.ts';
import { topology } from '../../cdk8s/topology.ts';
import { deleteNamespace, kubectl } from '../harness/kubectl.ts';
import { namespaceOf } from '../harness/names.ts';
import { startPod } from '../harness/temporary-pod.ts';
import { useCluster } from '../harness/use-cluster.ts';

const { cluster } = useCluster();
const { host: partner } = topology.services.acquirer.external;

/** The container that a call is made from. */
interface Place {
  readonly namespace: string;
  readonly pod: string;
  readonly container: string;
}
const acquirer: Place = { namespace: namespaceOf('acquirer'), pod: 'deploy/acquirer', container: 'acquirer' };
const payments: Place = { namespace: namespaceOf('payments'), pod: 'deploy/payments', container: 'payments' };

/** A pod of another namespace without a Sidecar of its own, so that only the mesh's default applies to it. */
const unknown = { name: 'egress-probe', inMesh: true, program: 'setInterval(() => {}, 60_000)' } as const;
const probe: Place = { namespace: unknown.name, pod: `pod/${unknown.name}`, container: unknown.name };

/** The result of a GET as `status 200` or `error ECONNRESET`; the answering host's certificate is not verified. */
function get({ namespace, pod, container }: Place, url: string, headers = {}): Promise<string> {
  const options = { headers, rejectUnauthorized: false };
  const script = `
    const { get } = require('node:${new URL(url).protocol.slice(0, -1)}');
    get('${url}', ${JSON.stringify(options)}, ({ statusCode }) => {
      console.log('status', statusCode);
      process.exit();
    }).on('error', ({ code }) => console.log('error', code));
  `;
  return kubectl('-n', namespace, 'exec', pod, '-c', container, '--', 'node', '-e', script);
}

/** The partner's URL by IP address, which bypasses the host name that the policies apply to. */
async function partnersAddress(): Promise<string> {
  return `https://${await cluster.addressOf(acquirer.namespace, 'app=acquirer')}:${PORTS.https}/`;
}

it('the address answers a pod outside the mesh, so any refusal below comes from a proxy', async () => {
  expect(await get(acquirer, await partnersAddress())).toBe('status 404');
});

describe.each([
  { from: 'a service', place: payments, unknownName: /^status 502$/ },
  // The default Sidecar does not even let it know the partner's name.
  { from: 'a pod of another namespace', place: probe, unknownName: /^error (ENOTFOUND|EAI_AGAIN)$/ },
])("the proxy of $from rejects a call to a destination outside the mesh's registry:", ({ place, unknownName }) => {
  if (place === probe) {
    beforeAll(() => startPod(unknown));
    afterAll(() => deleteNamespace(unknown.name));
  }

  it('an address', async () => {
    expect(await get(place, await partnersAddress())).toBe('error ECONNRESET');
  });

  it('a name, on a port that another host has', async () => {
    expect(await get(place, `http://${partner}/`, { host: 'elsewhere.example' })).toMatch(unknownName);
  });
});
