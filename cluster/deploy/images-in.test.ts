import { expect, test } from 'vitest';
import { imagesIn } from './images-in.ts';

test('the images of pods are found in every kind of workload, each once', () => {
  const manifests = `
kind: Deployment
spec:
  template:
    spec: { initContainers: [{ image: "docker.io/a/b:1" }], containers: [{ image: docker.io/a/b:1 }] }
---
kind: StatefulSet
spec: { template: { spec: { containers: [{ image: docker.io/library/postgres:18.4 }] } } }
---
kind: Deployment
spec: { template: { spec: { containers: [{ image: auto }] } } }
`;
  expect(imagesIn(manifests)).toEqual(['docker.io/a/b:1', 'docker.io/library/postgres:18.4']);
});

test("the sidecar's image is found in the injector's values", () => {
  const values = JSON.stringify({ global: { hub: 'docker.io/istio', tag: '1.31.1', proxy: { image: 'proxyv2' } } });
  const injector = JSON.stringify({ kind: 'ConfigMap', data: { values, config: 'policy: enabled' } });
  expect(imagesIn(injector)).toEqual(['docker.io/istio/proxyv2:1.31.1']);
});

test("the newest of Strimzi's Kafka images is found, because the operator makes the brokers' pods", () => {
  const env = [{ name: 'STRIMZI_KAFKA_IMAGES', value: '4.2.0=quay.io/k:1-4.2.0\n4.3.1=quay.io/k:1-4.3.1\n' }];
  const operator = {
    kind: 'Deployment',
    spec: { template: { spec: { containers: [{ image: 'quay.io/o:1', env }] } } },
  };
  expect(imagesIn(JSON.stringify(operator))).toEqual(['quay.io/o:1', 'quay.io/k:1-4.3.1']);
});
