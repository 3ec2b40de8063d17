import type { V1Deployment } from '@kubernetes/client-node';
import { expect, test } from 'vitest';
import { COMMAND_LABEL, commandJob } from './job.ts';

const deployment: V1Deployment = {
  metadata: { name: 'orders-worker', namespace: 'shop' },
  spec: {
    selector: { matchLabels: { app: 'orders-worker' } },
    template: {
      metadata: { labels: { app: 'orders-worker' } },
      spec: {
        serviceAccountName: 'orders-worker',
        securityContext: { runAsNonRoot: true },
        volumes: [
          { name: 'tmp', emptyDir: {} },
          { name: 'code', emptyDir: {} },
          { name: 'kafka-user', secret: { secretName: 'orders-worker', items: [] } },
          { name: 'database', secret: { secretName: 'postgres-orders' } },
          { name: 'migrator', secret: { secretName: 'postgres-orders-migrator' } },
        ],
        initContainers: [
          { name: 'code', image: 'shop:1' },
          { name: 'migrate', image: 'shop:1', volumeMounts: [{ name: 'migrator', mountPath: '/etc/database' }] },
        ],
        containers: [
          { name: 'istio-proxy', image: 'proxy:1' },
          {
            name: 'orders-worker',
            image: 'shop:1',
            env: [{ name: 'DATABASE_URL_FILE', value: '/etc/database/url' }],
            ports: [{ containerPort: 9464 }],
            readinessProbe: { httpGet: { path: '/readyz', port: 9901 } },
            resources: { limits: { memory: '1Gi' } },
            volumeMounts: [
              { name: 'tmp', mountPath: '/tmp' },
              { name: 'code', mountPath: '/app/services' },
              { name: 'database', mountPath: '/etc/database' },
              { name: 'kafka-user', mountPath: '/etc/kafka-user' },
            ],
          },
        ],
      },
    },
  },
};
const job = commandJob('dlq-1', deployment);
const pod = job.spec?.template;
const container = pod?.spec?.containers[0];

test("a command has the service's image, identity, addresses and secrets", () => {
  expect(pod?.spec).toMatchObject({ serviceAccountName: 'orders-worker', securityContext: { runAsNonRoot: true } });
  expect(container).toMatchObject({ image: 'shop:1', env: deployment.spec?.template.spec?.containers[1]?.env });
  expect(container?.volumeMounts?.map(({ name }) => name)).toEqual(['tmp', 'database', 'kafka-user']);
});

test("a command has no secret that the service's own container lacks", () => {
  expect(pod?.spec?.volumes?.map(({ name }) => name).toSorted()).toEqual(['database', 'kafka-user', 'tmp']);
});

test('in Kafka a command is one of the operators, and not the service', () => {
  expect(pod?.spec?.volumes).toContainEqual({ name: 'kafka-user', secret: { secretName: 'operators', items: [] } });
});

test('no Service, Deployment or policy takes its pod for one of the service, and it has no sidecar', () => {
  expect(pod?.metadata?.labels).toEqual({ [COMMAND_LABEL]: 'orders-worker', 'sidecar.istio.io/inject': 'false' });
  expect([container?.ports, container?.readinessProbe, pod?.spec?.initContainers]).toEqual([
    undefined,
    undefined,
    undefined,
  ]);
});

test('its memory is bounded, it is not started again, and it ends and disappears by itself', () => {
  expect(container?.resources?.limits).toEqual({ memory: '256Mi' });
  expect(job.spec).toMatchObject({ backoffLimit: 0, activeDeadlineSeconds: 14_400, ttlSecondsAfterFinished: 60 });
  expect(pod?.spec?.restartPolicy).toBe('Never');
});

test('a deployment without a container of its name is an error that names it', () => {
  expect(() => commandJob('dlq-1', { ...deployment, metadata: { name: 'other' } })).toThrow(
    'The deployment other has no',
  );
});
