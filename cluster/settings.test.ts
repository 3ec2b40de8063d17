import { expect, test } from 'vitest';
import { readSettings } from './settings.ts';

test('unset variables leave every choice to make up', () => {
  expect(readSettings({ CLUSTER: '' })).toEqual({
    cluster: undefined,
    kubeContext: undefined,
    ingressPort: undefined,
    ingressTlsPort: undefined,
    jaegerPort: undefined,
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

test('the same port for two of them is rejected', () => {
  expect(() => readSettings({ INGRESS_PORT: '9000', JAEGER_PORT: '9000' })).toThrow(
    'INGRESS_PORT and JAEGER_PORT are both 9000: they must differ',
  );
  expect(() => readSettings({ INGRESS_PORT: '9000', INGRESS_TLS_PORT: '9000' })).toThrow('INGRESS_TLS_PORT');
});

test('a registry is a host and a path, not a URL', () => {
  expect(readSettings({ IMAGE_REGISTRY: 'localhost:5001/team' }).imageRegistry).toBe('localhost:5001/team');
  expect(() => readSettings({ IMAGE_REGISTRY: 'https://registry.example' })).toThrow(
    'IMAGE_REGISTRY=https://registry.example',
  );
});
