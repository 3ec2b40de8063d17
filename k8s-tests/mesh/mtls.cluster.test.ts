import { describe, expect, it } from 'vitest';
import { eventually } from '../harness/eventually.ts';
import { runNode } from '../harness/kubectl.ts';
import { namespaceOf, type ServiceName, services } from '../harness/names.ts';
import { useOpenNetwork } from '../harness/open-network.ts';
import { useCluster } from '../harness/use-cluster.ts';

const { cluster, admin } = useCluster();
useOpenNetwork(['shop', 'partner']);

/** The result of a plain HTTP request from inside a service's container: `status 200 …` or `error ECONNRESET`. */
function fetchFrom(service: ServiceName, url: string): Promise<string> {
  const script = `fetch(${JSON.stringify(url)}, { signal: AbortSignal.timeout(5000) }).then(
    async (answer) => console.log('status', answer.status, (await answer.text()).slice(0, 200)),
    (error) => console.log('error', error.cause?.code ?? error.name),
  )`;
  return runNode(namespaceOf(service), service, script);
}

describe('plaintext from a pod outside the mesh', () => {
  it('reaches a service outside the mesh, so any refusal below comes from mTLS', async () => {
    const jaeger = 'http://jaeger-query.observability.svc:16686/api/services';
    await eventually(async () => expect(await fetchFrom('acquirer', jaeger)).toContain('status 200'));
  });

  it.each([
    'http://orders.shop.svc:8080/v1/orders/x',
    'http://inventory.shop.svc:50051/',
    'http://payments.shop.svc:50051/',
  ])('is refused by %s', async (url) => {
    expect(await fetchFrom('acquirer', url)).toMatch(/^error (ECONNRESET|UND_ERR_SOCKET)$/);
  });
});

describe('the admin port', () => {
  it('answers in the pod itself', async () => {
    expect((await admin('inventory').requestCounts()).byMatch).toEqual({});
    expect(await fetchFrom('inventory', 'http://127.0.0.1:9901/hits')).toContain('byMatch');
  });

  it.each(['orders', 'acquirer'] as const)('is not reachable from the pod of %s', async (from) => {
    const outcome = await fetchFrom(
      from,
      `http://${await cluster.addressOf(namespaceOf('inventory'), 'app=inventory')}:9901/hits`,
    );
    expect(outcome).not.toContain('byMatch');
    expect(outcome).toMatch(/^(error (ECONNRESET|UND_ERR_SOCKET)|status (403|502|503))/);
  });
});

it.each(services)('%s runs as a non-root user on a read-only root file system', async (service) => {
  const script = `
    const write = (path) => {
      try {
        require('node:fs').writeFileSync(path, '');
        return 'written';
      } catch ({ code }) {
        return code;
      }
    };
    console.log(process.getuid(), write('/app/x'), write('/x'), write('/tmp/x'));
  `;
  expect(await runNode(namespaceOf(service), service, script)).toBe('10001 EROFS EROFS written');
});
