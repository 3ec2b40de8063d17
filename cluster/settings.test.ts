import { expect, test } from 'vitest';
import { readSettings } from './settings.ts';

test('unset variables leave every choice to make up', () => {
  expect(readSettings({ CLUSTER: '' })).toEqual({
    cluster: undefined,
    kubeContext: undefined,
    ports: { ingress: undefined, ingressTls: undefined, jaeger: undefined, prometheus: undefined },
    imageRegistry: undefined,
    kindNodeImage: undefined,
  });
});

test('every wrong value is named at once, with what would be right', () => {
  const read = () => readSettings({ CLUSTER: 'minikube', INGRESS_PORT: 'web', JAEGER_PORT: '80' });
  expect(read).toThrow('CLUSTER=minikube: must be native or kind');
  expect(read).toThrow('INGRESS_PORT=web: must be a port number');
  expect(read).toThrow('JAEGER_PORT=80: must be 1024 or more');
});

test('the same port for two purposes is rejected, and both are named', () => {
  expect(() => readSettings({ INGRESS_PORT: '9000', PROMETHEUS_PORT: '9000' })).toThrow(
    'INGRESS_PORT and PROMETHEUS_PORT are 9000: they must differ',
  );
  expect(readSettings({ JAEGER_PORT: '9000' }).ports.jaeger).toBe(9000);
});

test('a registry is a host and a path, not a URL', () => {
  expect(readSettings({ IMAGE_REGISTRY: 'localhost:5001/team' }).imageRegistry).toBe('localhost:5001/team');
  expect(() => readSettings({ IMAGE_REGISTRY: 'https://registry.example' })).toThrow(
    'IMAGE_REGISTRY=https://registry.example',
  );
});
