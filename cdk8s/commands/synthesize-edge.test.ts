/** What the gateway takes from strangers, and how it answers. */
import { expect, test } from 'vitest';
import { securityHeaders } from '../mesh/edge/response-headers.ts';
import { synthesizeAll } from '../testing/synthesize-all.ts';

const { read } = synthesizeAll();

test('by default no call is allowed, and a sidecar knows only its own namespace; every client reaches the gateway', () => {
  const manifests = read('prod');
  const inRoot = (kind: string, name: string) =>
    manifests.find(
      ({ metadata, ...object }) =>
        object.kind === kind && metadata.name === name && metadata.namespace === 'istio-system',
    )?.spec;
  expect(inRoot('AuthorizationPolicy', 'allow-nothing')).toEqual({});
  expect(inRoot('AuthorizationPolicy', 'ingressgateway')).toEqual({
    selector: { matchLabels: { istio: 'ingressgateway' } },
    rules: [{}],
  });
  expect(inRoot('Sidecar', 'default')).toMatchObject({
    egress: [{ hosts: ['./*', expect.stringContaining('jaeger')] }],
  });
  const gateway = manifests.find(({ kind }) => kind === 'Gateway')?.spec;
  expect(gateway).toEqual({
    selector: { istio: 'ingressgateway' },
    servers: [
      {
        port: { name: 'http', number: 80, protocol: 'HTTP' },
        hosts: ['shop/shop.windlass.example'],
        tls: { httpsRedirect: true },
      },
      {
        port: { name: 'https', number: 443, protocol: 'HTTPS' },
        hosts: ['shop/shop.windlass.example'],
        tls: { mode: 'SIMPLE', credentialName: 'edge-tls', minProtocolVersion: 'TLSV1_2' },
      },
    ],
  });
});

test('in dev plain HTTP and TLS serve any host', () => {
  const gateway = read('dev').find(({ kind }) => kind === 'Gateway')?.spec;
  expect(gateway).toMatchObject({
    servers: [
      { port: { number: 80 }, hosts: ['shop/*'] },
      { port: { number: 443 }, hosts: ['shop/*'] },
    ],
  });
  expect(JSON.stringify(gateway)).not.toContain('httpsRedirect');
});

test('every answer of the gateway has the security headers, and does not say which software runs here', () => {
  const filter = read('prod').find(({ metadata }) => metadata.name === 'edge-response-headers');
  const text = JSON.stringify(filter?.spec);
  for (const [key, value] of Object.entries(securityHeaders)) expect(text).toContain(JSON.stringify({ key, value }));
  expect(text).toContain('{"remove":"server"},{"remove_on_match":{"key_matcher":{"prefix":"x-envoy-"}}}');
});
