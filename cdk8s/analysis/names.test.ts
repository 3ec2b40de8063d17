import { describe, expect, test } from 'vitest';
import type { Rpc, Service } from '../model/topology.ts';
import { exampleTopology } from '../testing/example.ts';
import { namesValid, noDuplicates } from './names.ts';

describe('names-valid', () => {
  const [enter, ask, , pay] = exampleTopology.interactions;
  const { a, bank } = exampleTopology.services;

  const withService = (name: string, service: Service = a) =>
    namesValid({
      services: { [name]: service },
      topics: {},
      deduplicationDays: 9,
      recordRetentionDays: 400,
      interactions: [],
    });
  const withTopic = (name: string) =>
    namesValid({
      services: {},
      topics: { [name]: { partitions: 1, retentionDays: 7, segmentHours: 24 } },
      deduplicationDays: 9,
      recordRetentionDays: 400,
      interactions: [],
    });
  const withRpc = (of: typeof enter | typeof ask | typeof pay, rpc: Partial<Rpc>, name = 'Ask') =>
    namesValid({
      ...exampleTopology,
      interactions: [{ ...of, rpcs: { [name]: { path: '/v1', calls: [], ratePerSecond: 5, why: '', ...rpc } } }],
    });

  test('the example has only valid names', () => {
    expect(namesValid(exampleTopology)).toEqual([]);
  });

  describe('a service, its namespace and its database', () => {
    test.each(['a', 'a1', 'orders-worker', 'a--b', 'x'.repeat(63)])('may be called %s', (name) => {
      expect(withService(name, { ...a, namespace: name, database: name.slice(0, 45) })).toEqual([]);
    });

    test.each(['', 'A', '1a', '-a', 'a-', 'a.b', 'a_b', 'a b', 'ä', 'a\n', 'x'.repeat(64)])(
      'may not be called %j',
      (name) => {
        expect(withService(name, { ...a, namespace: name, database: name })).toEqual(
          ['service', 'namespace', 'database'].map((kind) => ({
            subject: name,
            value: `${kind} = ${name}`,
            rule: 'names-valid',
            message: `use at most ${kind === 'database' ? 45 : 63} lower-case letters, digits and hyphens, a letter first and no hyphen last.`,
          })),
        );
      },
    );

    test.each([
      ...['gateway', 'a-gateway', 'a-from-b', 'default-deny', 'default', 'commands', 'operators'],
      ...['events-cluster-ca', 'reader-1', 'a-rebuild-b'],
    ])('of a service %s is taken by other resources', (name) => {
      expect(withService(name)).toMatchObject([{ value: `service = ${name}` }]);
    });

    test.each(['default', 'kube-system', 'istio-system', 'postgres', 'observability'])(
      'of a namespace %s is not for services',
      (namespace) => {
        expect(withService('a', { ...a, namespace })).toMatchObject([{ value: `namespace = ${namespace}` }]);
      },
    );

    test.each(['postgres', 'template1', 'roles', 'monitoring', 'orders-migrator', 'x'.repeat(46)])(
      'of a database %s is taken or too long',
      (database) => {
        expect(withService('a', { ...a, database })).toMatchObject([{ value: `database = ${database}` }]);
      },
    );

    test.each(['gateways', 'gateway-a', 'a-from', 'from-a'])('of a service %s is free', (name) => {
      expect(withService(name)).toEqual([]);
    });
  });

  describe('a partner’s host', () => {
    test.each(['bank.example', 'a-1.b-2.example', '1.example', `${'x'.repeat(63)}.example`])('may be %s', (host) => {
      expect(withService('bank', { ...bank, external: { host, ca: 'bank-ca' } })).toEqual([]);
    });

    test.each([
      ...[
        '',
        'bank',
        'Bank.example',
        '*.example',
        'bank.example.',
        '.example',
        'bank..example',
        '-a.example',
        'a-.example',
      ],
      ...['10.0.0.1', 'bank.example:80', 'bank.example/pay', `${'x'.repeat(64)}.example`, `${'x.'.repeat(125)}exam`],
    ])('may not be %s', (host) => {
      expect(withService('bank', { ...bank, external: { host, ca: 'bank-ca' } })).toMatchObject([
        { subject: 'bank', value: `external.host = ${host}` },
      ]);
    });
  });

  test('a partner’s authority has the name of a ConfigMap', () => {
    const external = { ...bank.external, ca: 'Bank CA' };
    expect(withService('bank', { ...bank, external })).toMatchObject([{ value: 'external.ca = Bank CA' }]);
  });

  describe('a topic', () => {
    test.each(['orders.v1', 'a', '1', 'a-b.c-d', 'x'.repeat(249)])('may be called %s', (name) => {
      expect(withTopic(name)).toEqual([]);
    });

    test.each(['', '.', 'a.', '.a', 'a..b', 'a-.b', 'A', 'a_b', 'x'.repeat(250)])('may not be called %j', (name) => {
      expect(withTopic(name)).toMatchObject([{ subject: name, value: `topic = ${name}` }]);
    });
  });

  describe('an RPC', () => {
    test.each(['Ask', 'A', 'Ask2'])('may be called %s', (name) => {
      expect(withRpc(ask, { path: '/b.B/Ask' }, name)).toEqual([]);
    });

    test.each(['', 'ask', 'As-k', 'As.k', '2Ask', 'constructor', 'X'.repeat(64)])('may not be called %j', (name) => {
      expect(withRpc(ask, { path: '/b.B/Ask' }, name)).toMatchObject([
        { subject: `a->b.${name}`, value: `RPC = ${name}` },
      ]);
    });
  });

  describe('a gRPC path', () => {
    test.each(['/b.v1.B/Ask', '/B/Ask', '/a_b.B1/Ask_2'])('may be %s', (path) => {
      expect(withRpc(ask, { path })).toEqual([]);
    });

    test.each(['', '/', 'b.B/Ask', '/b.B', '/b.B/', '/b..B/Ask', '/b.B/Ask/', '/b.B/{id}', '/1.B/Ask', '/b.B/Ask?x'])(
      'may not be %j',
      (path) => {
        expect(withRpc(ask, { path })).toMatchObject([{ subject: 'a->b.Ask', value: `path = ${path}` }]);
      },
    );

    test('has no method of its own', () => {
      expect(withRpc(ask, { path: '/b.B/Ask', method: 'POST' })).toMatchObject([{ value: 'method = POST' }]);
    });
  });

  describe('an HTTP path', () => {
    test.each(['/v1', '/v1/orders/{id}', '/{a}/{b2}', '/v1/a-b_c.d~e', '/v1/openapi.json', '/v1/...', '/.well-known'])(
      'may be %s',
      (path) => {
        expect(withRpc(enter, { path, method: 'GET' })).toEqual([]);
      },
    );

    test.each([
      ...[
        '',
        '/',
        'v1',
        '/v1/',
        '//v1',
        '/v1//x',
        '/v1/../x',
        '/v1/./x',
        '/v1/..',
        '/v1?x=1',
        '/v1/*',
        '/v1/a+b',
        '/v1/(a)',
        '/v1/a b',
        '/v1/ä',
        '/v1\n',
      ],
      ...['/v1/{id', '/v1/id}', '/v1/{}', '/v1/{a-b}', '/v1/{1}', '/v1/x{id}', '/v1/{a}{b}', `/${'x'.repeat(1024)}`],
    ])('may not be %j', (path) => {
      expect(withRpc(enter, { path, method: 'GET' })).toMatchObject([
        { subject: 'gateway->a.Ask', value: `path = ${path}` },
      ]);
    });

    test('is required of a partner, too', () => {
      expect(withRpc(pay, { path: '/v1', method: 'POST' })).toEqual([]);
      expect(withRpc(pay, { path: 'v1' })).toMatchObject([{ value: 'path = v1' }, { value: 'method = none' }]);
    });

    test('needs a method, because a route without one accepts all of them', () => {
      expect(withRpc(enter, { path: '/v1' })).toMatchObject([{ value: 'method = none', message: 'use GET or POST.' }]);
    });
  });

  test.each([
    ['bank', { ...exampleTopology.services.bank, serves: 'nothing' }],
    ['b', { ...exampleTopology.services.b, serves: 'https' }],
  ])('an external service serves https, and only an external one does: %s', (name, service) => {
    const services = { ...exampleTopology.services, [name]: service as Service };
    expect(namesValid({ ...exampleTopology, services, interactions: [] })).toEqual([
      {
        subject: name,
        value: `serves = ${service.serves}`,
        rule: 'names-valid',
        message: 'use https for a service that states `external`, and only for such a service.',
      },
    ]);
  });

  test('the path of a callee that is unknown or serves nothing is left to another rule', () => {
    const lost = { ...enter, callee: 'constructor', rpcs: { Ask: { path: '', calls: [], ratePerSecond: 5, why: '' } } };
    const idle = { ...lost, callee: 'c' };
    expect(namesValid({ ...exampleTopology, interactions: [lost, idle] })).toEqual([]);
  });
});

describe('no-duplicates', () => {
  const { services, interactions } = exampleTopology;

  test('the example has everything once', () => {
    expect(noDuplicates(exampleTopology)).toEqual([]);
  });

  test('a second interaction of the same caller and callee is rejected', () => {
    expect(noDuplicates({ ...exampleTopology, interactions: [...interactions, interactions[1]] })).toEqual([
      {
        subject: 'a->b',
        value: 'interactions = 2 or more',
        rule: 'no-duplicates',
        message: 'their policies would be one: put all RPCs into one interaction.',
      },
    ]);
  });

  test('the same two may call each other, and tell each other twice', () => {
    const back = { ...interactions[1], caller: 'b', callee: 'a' };
    expect(noDuplicates({ ...exampleTopology, interactions: [...interactions, back, interactions[4]] })).toEqual([]);
  });

  test('a second service with the same host is rejected, a partner or not', () => {
    const shop = { ...services.bank, external: { host: 'a.shop.svc.cluster.local', ca: 'bank-ca' } };
    const problems = noDuplicates({ ...exampleTopology, services: { ...services, bank2: services.bank, shop } });
    expect(problems).toMatchObject([
      { subject: 'bank2', value: 'host = bank.example', rule: 'no-duplicates' },
      { subject: 'shop', value: 'host = a.shop.svc.cluster.local' },
    ]);
  });
});
