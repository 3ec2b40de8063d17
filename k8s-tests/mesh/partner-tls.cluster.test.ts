import { afterEach, describe, expect, it } from 'vitest';
import type { DestinationRuleSpec, ServiceEntrySpec } from '../../cdk8s/imports/networking.istio.io.ts';
import { PORTS } from '../../cdk8s/model/addresses.ts';
import { topology } from '../../cdk8s/topology.ts';
import type { Certificate } from '../../services/lib/http/listen.ts';
import { makeCertificate } from '../../services/lib/testing/certificate.ts';
import { callAs } from '../harness/caller.ts';
import type { CallRecord } from '../harness/caller-program.ts';
import { eventually } from '../harness/eventually.ts';
import { runNode } from '../harness/kubectl.ts';
import { whileEdited } from '../harness/live-objects.ts';
import { useOpenPort } from '../harness/open-network.ts';
import { namespaceOf } from '../harness/services.ts';
import { useCluster } from '../harness/use-cluster.ts';

const { cluster, admin } = useCluster();
const { host } = topology.services.acquirer.external;
const namespace = namespaceOf('acquirer');

const tapPort = PORTS.https + 1;
useOpenPort(tapPort, 'payments', 'acquirer');

/** One plain HTTP request in the name of payments, without a key: the acquirer itself answers it 400. */
async function callAcquirer(): Promise<CallRecord> {
  const target = { protocol: 'http', host, port: 80, method: 'POST', path: '/v1/authorizations' } as const;
  const [[record] = []] = await callAs(cluster, topology, 'payments', [{ target, count: 1 }]);
  if (record === undefined) throw new Error('the call left no record');
  return record;
}

async function expectAnswered(): Promise<void> {
  const { requestId, ...answer } = await callAcquirer();
  expect(answer).toMatchObject({ status: '400', message: expect.stringContaining('Idempotency-Key') });
  expect((await admin('acquirer').hits()).byRequestId).toHaveProperty(requestId);
}

describe('the acquirer', () => {
  it.each([
    { url: `http://127.0.0.1:${PORTS.https}/`, outcome: /^error (ECONNRESET|UND_ERR_SOCKET)$/ },
    { url: `http://127.0.0.1:${PORTS.http}/`, outcome: /^error ECONNREFUSED$/ },
  ])('serves no plain HTTP at $url', async ({ url, outcome }) => {
    const script = `fetch('${url}').then(({ status }) => console.log('status', status), ({ cause }) => console.log('error', cause?.code))`;
    expect(await runNode(namespace, 'acquirer', script)).toMatch(outcome);
  });
});

describe("payments' plain call", () => {
  // Also proof that an edit is undone before the next test begins.
  afterEach(() => eventually(expectAnswered, { timeoutMs: 10_000 }));

  it('is answered by the acquirer', expectAnswered);

  it("arrives as TLS that asks for the partner's name", async () => {
    expect(await tapCall()).toEqual({ name: host, protocol: expect.stringMatching(/^TLSv1\.[23]$/) });
  });

  it('ends in its handshake where the certificate is by another authority, for the same name', async () => {
    const forged = await makeCertificate(host);
    expect(await tapCall({ certificate: forged })).toEqual({ refusal: expect.stringMatching(/UNKNOWN_CA$/) });
  });

  it('ends in its handshake where the certificate is for another name, by the same authority', async () => {
    // Nobody can make such a certificate, for the authority's key is not kept: it is another name that is asked for instead.
    expect(await tapCall({ asksFor: 'other.partner.example' })).toEqual({
      refusal: expect.stringMatching(/CERTIFICATE_UNKNOWN$/),
    });
  });
});

interface Tap {
  /** @default the acquirer's own */
  readonly certificate?: Certificate;
  /** Instead of each name that the DestinationRule asks for. */
  readonly asksFor?: string;
}

/**
 * What a call of payments is like where it arrives: on a port in the acquirer's own pod, for its key is nowhere else, that tells
 * of its first connection and ends. Meanwhile the breaker is off: it would soon keep calls from a port that does not answer.
 */
async function tapCall({ certificate, asksFor }: Tap = {}): Promise<unknown> {
  const ownPair = '{ cert: readFileSync(process.env.TLS_CERT_FILE), key: readFileSync(process.env.TLS_KEY_FILE) }';
  const tap = `
    const { readFileSync } = require('node:fs');
    const tell = (what) => {
      console.log(JSON.stringify(what));
      process.exit();
    };
    require('node:tls')
      .createServer(${certificate ? JSON.stringify(certificate) : ownPair}, (socket) =>
        tell({ name: socket.servername, protocol: socket.getProtocol() }))
      .on('tlsClientError', ({ code }) => tell({ refusal: code }))
      .listen(${tapPort});
    setTimeout(() => tell('nothing has come'), 20_000);
  `;
  const withoutBreaker = (spec: DestinationRuleSpec): DestinationRuleSpec => {
    const { outlierDetection: _, tls, ...policy } = spec.trafficPolicy ?? {};
    const names = tls?.subjectAltNames?.map((name) => asksFor ?? name);
    return { ...spec, trafficPolicy: { ...policy, tls: { ...tls, ...(names && { subjectAltNames: names }) } } };
  };
  // The pod's own address: its Service has no such port.
  const { status } = await cluster.core.readNamespacedPod(await cluster.onlyPod(namespace, 'app=acquirer'));
  const toTap = (spec: ServiceEntrySpec): ServiceEntrySpec => ({
    ...spec,
    endpoints: [{ address: status?.podIP ?? '', ports: { http: tapPort } }],
  });
  return whileEdited('destinationrule/acquirer', withoutBreaker, () =>
    whileEdited('serviceentry/acquirer', toTap, async () => {
      let isOver = false;
      const told = runNode(namespace, 'acquirer', tap).finally(() => {
        isOver = true;
      });
      while (!isOver) await callAcquirer();
      return JSON.parse(await told) as unknown;
    }),
  );
}
