import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { environments } from '../environments.ts';
import { planMesh } from '../mesh/plan.ts';
import { podsOf } from '../model/dependencies.ts';
import { MADE_IN_CLUSTER } from '../model/environment.ts';
import { syncInteractions } from '../model/interactions.ts';
import { topologyIn, workloadsOf } from '../model/topology-in.ts';
import { synthesizeAll } from '../testing/synthesize-all.ts';
import { topology } from '../topology.ts';
import { synthesize } from './synthesize.ts';

const { folder, read } = synthesizeAll();

test('a service, a namespace and a topic may have the name of a property that every object has', () => {
  const service = { namespace: 'constructor', serves: 'nothing', database: 'a', why: '' } as const;
  const topology = {
    services: { constructor: service },
    topics: { constructor: { partitions: 1, retentionDays: 1, segmentHours: 1 } },
    deduplicationDays: 9,
    recordRetentionDays: 400,
    interactions: [],
  };
  const limits = { worstCaseCalls: 1, sustainedCalls: 1 };
  const plan = planMesh({ topology, policies: {}, limits, saga: { steps: [] } }, [{ each: 1 }]);
  synthesize({ topology, plan, environment: environments.dev, outFolder: join(folder, 'constructor') });
  const named = read('constructor').filter(({ metadata }) => metadata.name === 'constructor');
  expect(named.map(({ kind }) => kind)).toEqual(expect.arrayContaining(['Namespace', 'Deployment', 'KafkaTopic']));
});

describe.each(Object.entries(environments))('in %s', (name, environment) => {
  const manifests = read(name);
  const deployments = manifests.filter(({ kind }) => kind === 'Deployment');
  const services = workloadsOf(topologyIn(environment, topology));

  test('namespaces come first, and the mesh knows its policies before the first pod starts', () => {
    const kinds = manifests.map(({ kind }) => kind);
    const namespaces = new Set(Object.values(services).map(({ namespace }) => namespace));
    expect(kinds.lastIndexOf('Namespace')).toBe(namespaces.size - 1);
    expect(kinds.lastIndexOf('VirtualService')).toBeLessThan(kinds.indexOf('Deployment'));
  });

  test('tokens are those of its own issuer, and only a cluster for tests is asked to sign any', () => {
    const text = JSON.stringify(manifests);
    for (const [other, { tokens }] of Object.entries(environments))
      expect([other, text.includes(tokens.issuer)]).toEqual([other, tokens.issuer === environment.tokens.issuer]);
    const isMade = environment.tokens.jwksUri === MADE_IN_CLUSTER;
    expect(isMade && environment.faults === 'off').toBe(false);
    expect(text.includes('windlass.example/request-authentication')).toBe(isMade);
    expect(manifests.some(({ kind }) => kind === 'RequestAuthentication')).toBe(!isMade);
  });

  test('every service has its deployment, account and, if it serves anything, service, all of its name', () => {
    const named = (kind: string) => manifests.filter((m) => m.kind === kind).map(({ metadata }) => metadata.name);
    const callable = new Set(syncInteractions(topology).map(({ callee }) => callee));
    expect(named('Deployment')).toEqual(Object.keys(services));
    expect(named('ServiceAccount')).toEqual(Object.keys(services));
    expect(named('Service')).toEqual(Object.keys(services).filter((name) => callable.has(name)));
    for (const { metadata, spec } of deployments) {
      expect(spec.template.metadata.labels).toEqual({ app: metadata.name });
      expect(spec.selector).toEqual({ matchLabels: { app: metadata.name } });
      expect(spec.replicas).toBe(podsOf(metadata.name, environment.replicas));
    }
  });

  test.each(deployments.map((deployment) => [deployment.metadata.name, deployment] as const))(
    '%s runs as an unprivileged user, can write only to its volumes, and reaches no Kubernetes API',
    (_, { spec: { template } }) => {
      const { securityContext, automountServiceAccountToken, containers, initContainers = [] } = template.spec;
      expect(securityContext).toMatchObject({
        runAsNonRoot: true,
        runAsUser: 10001,
        runAsGroup: 10001,
        seccompProfile: { type: 'RuntimeDefault' },
      });
      expect(automountServiceAccountToken).toBe(false);
      for (const container of [...containers, ...initContainers]) {
        expect(container.securityContext).toEqual({
          runAsNonRoot: true,
          runAsUser: 10001,
          runAsGroup: 10001,
          readOnlyRootFilesystem: true,
          allowPrivilegeEscalation: false,
          privileged: false,
          capabilities: { drop: ['ALL'] },
        });
        expect(Object.keys(container.resources.limits)).toEqual(['memory', 'ephemeral-storage']);
      }
      expect(containers[0]?.volumeMounts).toContainEqual({ name: 'tmp', mountPath: '/tmp' });
    },
  );

  test.each(deployments.map((deployment) => [deployment.metadata.name, deployment] as const))(
    'a rollout of %s removes no pod before its replacement is ready',
    (_, { spec }) => {
      expect(spec.strategy).toEqual({ type: 'RollingUpdate', rollingUpdate: { maxSurge: 1, maxUnavailable: 0 } });
      expect(spec.template.spec.containers[0]?.lifecycle).toEqual({ preStop: { sleep: { seconds: 5 } } });
      expect(spec.template.spec.terminationGracePeriodSeconds).toBe(30);
    },
  );

  test('services that a customer needs for an answer request more CPU than the others', () => {
    const { cpuRequestMilli, criticalCpuRequestMilli } = environment.service;
    expect(criticalCpuRequestMilli).toBeGreaterThan(cpuRequestMilli);
    const critical = ['orders', 'inventory', 'payments', 'acquirer'];
    for (const { metadata, spec } of deployments) {
      const milli = critical.includes(metadata.name) ? criticalCpuRequestMilli : cpuRequestMilli;
      expect(spec.template.spec.containers[0]?.resources.requests.cpu).toBe(`${milli}m`);
    }
  });

  test('services of several pods lose one at a time to a drain; a single pod does not block it', () => {
    const several = deployments.filter(({ spec }) => spec.replicas > 1).map(({ metadata }) => metadata);
    const budgets = manifests.filter(({ kind }) => kind === 'PodDisruptionBudget');
    expect(budgets.map(({ metadata }) => metadata.name)).toEqual(several.map(({ name }) => name));
    for (const { metadata, spec } of budgets) {
      expect(spec).toMatchObject({ maxUnavailable: 1, selector: { matchLabels: { app: metadata.name } } });
    }
  });

  test('pods of a service, and brokers, are spread as the environment states', () => {
    const labels = { host: 'kubernetes.io/hostname', zone: 'topology.kubernetes.io/zone' };
    const keys = environment.spread.map((place) => labels[place]);
    for (const { metadata, spec } of deployments) {
      const labelSelector = { matchLabels: { app: metadata.name } };
      expect(
        spec.template.spec.affinity?.podAntiAffinity.preferredDuringSchedulingIgnoredDuringExecution ?? [],
      ).toEqual(keys.map((topologyKey) => ({ weight: 100, podAffinityTerm: { labelSelector, topologyKey } })));
    }
    const brokers =
      manifests.find(({ kind }) => kind === 'Kafka')?.spec.kafka.template.pod.topologySpreadConstraints ?? [];
    expect(brokers.map(({ topologyKey }) => topologyKey)).toEqual(keys);
  });

  test('only pods of the mesh speak to the injector', () => {
    for (const { metadata, spec } of deployments) {
      expect(Object.keys(spec.template.metadata.annotations ?? {}).length > 0).toBe(metadata.namespace === 'shop');
    }
  });

  test('fault injection is on or off as the environment says', () => {
    for (const { spec } of deployments) {
      expect(spec.template.spec.containers[0]?.env).toContainEqual({ name: 'FAULTS', value: environment.faults });
    }
  });
});

test('a topic is deleted when the model says, because its segments are closed when the model says', () => {
  const topic = read('prod').find(({ kind, metadata }) => kind === 'KafkaTopic' && metadata.name === 'orders.v1');
  expect(topic?.spec).toMatchObject({ config: { 'retention.ms': 604_800_000, 'segment.ms': 86_400_000 } });
});

test('what is allowed comes before the default that allows nothing, so that an upgrade refuses no call', () => {
  const names = read('dev').flatMap(({ kind, metadata }) => (kind === 'AuthorizationPolicy' ? [metadata.name] : []));
  expect(names.indexOf('allow-nothing')).toBeGreaterThan(names.indexOf('notifications'));
});

test('addresses are as the services read them', () => {
  const values = read('dev').flatMap(({ kind, spec }) =>
    kind === 'Deployment' ? (spec.template.spec.containers[0]?.env ?? []) : [],
  );
  expect(values).toContainEqual({ name: 'INVENTORY_ADDRESS', value: 'inventory.shop.svc.cluster.local:50051' });
  expect(values).toContainEqual({ name: 'ACQUIRER_URL', value: 'http://acquirer.partner.example' });
  expect(values).toContainEqual({ name: 'KAFKA_BROKERS', value: 'events-kafka-bootstrap.shop.svc:9093' });
});

describe("the partner's TLS", () => {
  const manifests = read('dev');
  const podOf = (service: string) =>
    manifests.find(({ kind, metadata }) => kind === 'Deployment' && metadata.name === service)?.spec.template;

  test('the partner serves TLS with the certificate of its Secret, mounted at the path in its variables', () => {
    const spec = podOf('acquirer')?.spec;
    const mount = { name: 'tls', mountPath: '/etc/tls', readOnly: true };
    expect(spec?.volumes).toContainEqual({ name: 'tls', secret: { secretName: 'acquirer-tls' } });
    expect(spec?.containers[0]?.volumeMounts).toContainEqual(mount);
    expect(spec?.containers[0]?.env).toContainEqual({ name: 'TLS_KEY_FILE', value: '/etc/tls/tls.key' });
    expect(spec?.containers[0]?.ports?.map(({ containerPort }) => containerPort)).toEqual([8443, 9464, 9901]);
  });

  test("exactly its callers' sidecars have its authority, where the DestinationRule looks for it", () => {
    const volumeOf = (service: string) => podOf(service)?.metadata.annotations?.['sidecar.istio.io/userVolume'];
    const callers = Object.keys(topology.services).filter((service) => volumeOf(service));
    expect(callers).toEqual(['payments']);
    expect(JSON.parse(volumeOf('payments') ?? '')).toEqual({ 'acquirer-ca': { configMap: { name: 'acquirer-ca' } } });
    const mounts = podOf('payments')?.metadata.annotations?.['sidecar.istio.io/userVolumeMount'] ?? '';
    expect(JSON.parse(mounts)).toEqual({
      'acquirer-ca': { mountPath: '/etc/partner-ca/acquirer-ca', readOnly: true },
    });
  });
});

test.each(['traceparent', 'tracestate', 'baggage'])('the gateway drops the %s of a client', (name) => {
  const filter = read('prod').find(({ kind, metadata }) => kind === 'EnvoyFilter' && metadata.name === 'edge-headers');
  expect(JSON.stringify(filter?.spec)).toContain(`{"remove":"${name}"}`);
});

test('the gateway drops every x-envoy-* header of a client before it reads any of them', () => {
  const filter = read('prod').find(({ kind, metadata }) => kind === 'EnvoyFilter' && metadata.name === 'edge-headers');
  expect(filter?.metadata.namespace).toBe('istio-system');
  expect(filter?.spec).toMatchObject({ workloadSelector: { labels: { istio: 'ingressgateway' } } });
  expect(JSON.stringify(filter?.spec)).toContain('{"remove_on_match":{"key_matcher":{"prefix":"x-envoy-"}}}');
});

describe('with file sync', () => {
  const deployments = read('sync').filter(({ kind }) => kind === 'Deployment');

  test.each(deployments.map((deployment) => [deployment.metadata.name, deployment] as const))(
    'the code of %s is in a writable folder, which is filled from the image and watched',
    (_, { spec }) => {
      const { containers, initContainers = [] } = spec.template.spec;
      expect(containers[0]?.command).toContain('--watch-path=/app/services/lib');
      expect(containers[0]?.volumeMounts).toContainEqual({ name: 'code', mountPath: '/app/services' });
      expect(initContainers.map(({ name }) => name)).toEqual(['migrate', 'code']);
    },
  );

  test.each(deployments.map((deployment) => [deployment.metadata.name, deployment] as const))(
    "%s' files are overwritten in place, where Node watches them",
    (_, { spec }) => {
      expect(spec.template.spec.containers[0]?.env).toContainEqual({ name: 'TAR_OPTIONS', value: '--overwrite' });
    },
  );

  test.each(deployments.map((deployment) => [deployment.metadata.name, deployment] as const))(
    '%s is not restarted by the kubelet, whatever its code is like, so that the next edit finds its container',
    (_, { spec }) => {
      const [container] = spec.template.spec.containers;
      expect(container).toHaveProperty('readinessProbe');
      expect(container).not.toHaveProperty('livenessProbe');
      expect(container).not.toHaveProperty('startupProbe');
    },
  );
});

test.each(['dev', 'prod'])(
  'in %s nothing is watched, tar has no options, and the kubelet restarts what hangs',
  (name) => {
    const deployments = read(name).filter(({ kind }) => kind === 'Deployment');
    expect(JSON.stringify(deployments)).not.toMatch(/--watch|TAR_OPTIONS/);
    for (const { spec } of deployments) {
      expect(spec.template.spec.containers[0]).toHaveProperty('livenessProbe');
      expect(spec.template.spec.containers[0]).toHaveProperty('startupProbe');
    }
  },
);
