import { once } from 'node:events';
import { request } from 'node:https';
import { text } from 'node:stream/consumers';
import { type ConnectionOptions, connect, type TLSSocket } from 'node:tls';
import { beforeAll, describe, expect, it } from 'vitest';
import { EDGE_SECRET } from '../../cluster/credentials/edge-certificate.ts';
import { orderRequest } from '../harness/order.ts';
import { tokenOf } from '../harness/tokens.ts';
import { useCluster } from '../harness/use-cluster.ts';

const { cluster } = useCluster();
let ca: string;
beforeAll(async () => {
  ({ 'ca.crt': ca } = await cluster.readSecret({ namespace: 'istio-system', name: EDGE_SECRET }, 'ca.crt'));
});

async function openTls(options: ConnectionOptions): Promise<string | null> {
  const socket: TLSSocket = connect({ port: cluster.ports.ingressTls, host: '127.0.0.1', ...options });
  try {
    await once(socket, 'secureConnect');
    return socket.getProtocol();
  } finally {
    socket.destroy();
  }
}

describe('the gateway in TLS', () => {
  it("places an order for a client that trusts the checkout's authority", async () => {
    const { method, headers, body, as } = orderRequest(cluster.ingressTlsUrl);
    const authorization = `Bearer ${await tokenOf(as ?? { customer: 'c-1' })}`;
    const call = request(`${cluster.ingressTlsUrl}/v1/orders`, { method, ca, headers: { ...headers, authorization } });
    call.end(body);
    const [answer] = await once(call, 'response');
    expect([answer.statusCode, await text(answer)]).toEqual([201, expect.stringContaining('"confirmed"')]);
  });

  it.each(['TLSv1.2', 'TLSv1.3'] as const)('speaks %s, by name and by address', async (version) => {
    const only = { ca, minVersion: version, maxVersion: version } as const;
    expect(await openTls({ ...only, servername: 'localhost' })).toBe(version);
    expect(await openTls(only)).toBe(version);
  });

  it.each(['TLSv1', 'TLSv1.1'] as const)('refuses %s', async (version) => {
    // Our own side would refuse it as well, unless it is told not to.
    const old = { minVersion: version, maxVersion: version, ciphers: 'DEFAULT@SECLEVEL=0' } as const;
    await expect(openTls({ ca, ...old })).rejects.toThrow(/protocol version/);
  });

  it('is not trusted without that authority, nor under another name', async () => {
    await expect(openTls({})).rejects.toThrow(/self.signed|unable to/i);
    await expect(openTls({ ca, servername: 'shop.windlass.example' })).rejects.toThrow(/altnames/);
  });
});
