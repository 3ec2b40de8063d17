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
import { namespaceOf } from '../harness/names.ts';
import { useOpenPort } from '../harness/open-network.ts';
import { useCluster } from '../harness/use-cluster.ts';

const { cluster, admin } = useCluster();
const { host } = topology.services.acquirer.external;
const namespace = namespaceOf('acquirer');

const tapPort = PORTS.https + 1;
useOpenPort(tapPort, 'payments', 'acquirer');

/** Sends one plain HTTP request as payments, without an idempotency key. The acquirer itself answers it with 400. */
async function callAcquirer(): Promise<CallRecord> {
  const target = { protocol: 'http', host, port: 80, method: 'POST', path: '/v1/authorizations' } as const;
  const [[record] = []] = await callAs(cluster, topology, 'payments', [{ target, count: 1 }]);
  if (record === undefined) throw new Error('the call left no record');
  return record;
}

async function expectAnswered(): Promise<void> {
  const { requestId, ...answer } = await callAcquirer();
  expect(answer).toMatchObject({ status: '400', message: expect.stringContaining('Idempotency-Key') });
  expect((await admin('acquirer').requestCounts()).byRequestId).toHaveProperty(requestId);
}

describe('the acquirer', () => {
  it.each([
    { url: `http://127.0.0.1:${PORTS.https}/`, outcome: /^error (ECONNRESET|UND_ERR_SOCKET)$/ },
    { url: `http://127.0.0.1:${PORTS.http}/`, outcome: /^error ECONNREFUSED$/ },
  ])('serves no plain HTTP at $url', async ({ url, outcome }) => {
    const script = `fetch('${url}').then(
      ({ status }) => console.log('status', status),
      ({ cause }) => console.log('error', cause?.code),
    )`;
    expect(await runNode(namespace, 'acquirer', script)).toMatch(outcome);
  });
});

describe("payments' plain call", () => {
  // This also proves that each edit is reverted before the next test begins.
  afterEach(() => eventually(expectAnswered, { timeoutMs: 10_000 }));

  it('is answered by the acquirer', expectAnswered);

  it("arrives as TLS that asks for the partner's name", async () => {
    expect(await tapCall()).toEqual({ name: host, protocol: expect.stringMatching(/^TLSv1\.[23]$/) });
  });

  it('fails in the TLS handshake if another authority signed the certificate for the same name', async () => {
    const forged = await makeCertificate(host);
    expect(await tapCall({ certificate: forged })).toEqual({ refusal: expect.stringMatching(/UNKNOWN_CA$/) });
  });

  it('fails in the TLS handshake if the same authority signed the certificate for another name', async () => {
    // The authority's key is not kept, so the test cannot make such a certificate. It asks for another name instead.
    expect(await tapCall({ asksFor: 'other.partner.example' })).toEqual({
      refusal: expect.stringMatching(/CERTIFICATE_UNKNOWN$/),
    });
  });
});

interface Tap {
  /** @default the acquirer's own */
  readonly certificate?: Certificate;
  /** Replaces each name that the DestinationRule asks for. */
  readonly asksFor?: string;
}

/**
 * Shows how a call of payments arrives. A program listens in the acquirer's own pod, because only that pod has the key;
 * it reports its first connection and ends. Meanwhile the breaker is off, because it would soon eject a port that does
 * not answer.
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
    setTimeout(() => tell('no connection arrived'), 20_000);
  `;
  const withoutBreaker = (spec: DestinationRuleSpec): DestinationRuleSpec => {
    const { outlierDetection: _, tls, ...policy } = spec.trafficPolicy ?? {};
    const names = tls?.subjectAltNames?.map((name) => asksFor ?? name);
    return { ...spec, trafficPolicy: { ...policy, tls: { ...tls, ...(names && { subjectAltNames: names }) } } };
  };
  // This uses the pod's own address, because its Service has no such port.
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
