import type { V1Pod } from '@kubernetes/client-node';
import { expect, test } from 'vitest';
import { mountsIn } from './mounted.ts';

const pod = (running: readonly string[]): V1Pod => ({
  metadata: { namespace: 'shop', name: 'orders-1' },
  spec: {
    volumes: [
      { name: 'database', secret: { secretName: 'postgres-orders' } },
      { name: 'migrator', secret: { secretName: 'postgres-orders-migrator' } },
    ],
    initContainers: [{ name: 'migrate', volumeMounts: [{ name: 'migrator', mountPath: '/etc/database' }] }],
    containers: [
      { name: 'orders', volumeMounts: [{ name: 'database', mountPath: '/etc/database' }] },
      { name: 'istio-proxy' },
    ],
  },
  status: {
    containerStatuses: ['orders', 'istio-proxy'].map((name) => statusOf(name, running)),
    initContainerStatuses: [statusOf('migrate', running)],
  },
});

function statusOf(name: string, running: readonly string[]) {
  const state = running.includes(name) ? { running: {} } : { terminated: { exitCode: 0 } };
  return { name, state, image: '', imageID: '', ready: true, restartCount: 0 };
}

test('the files of a Secret are where running containers mount it', () => {
  expect(mountsIn([pod(['orders', 'istio-proxy'])], 'postgres-orders')).toEqual([
    { namespace: 'shop', pod: 'orders-1', container: 'orders', folder: '/etc/database' },
  ]);
});

test('a container that has ended has no files to wait for, one that still migrates has', () => {
  expect(mountsIn([pod(['orders'])], 'postgres-orders-migrator')).toEqual([]);
  expect(mountsIn([pod(['migrate'])], 'postgres-orders-migrator')).toMatchObject([{ container: 'migrate' }]);
});

test('a volume with some keys of a Secret has only their files', () => {
  const source = pod(['orders']);
  const [database] = source.spec?.volumes ?? [];
  if (database?.secret) database.secret.items = [{ key: 'url', path: 'url' }];
  expect(mountsIn([source], 'postgres-orders')).toMatchObject([{ container: 'orders', keys: ['url'] }]);
});
