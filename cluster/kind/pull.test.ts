import { expect, test } from 'vitest';
import { fullName } from './pull.ts';

test.each([
  ['postgres:18.4', 'docker.io/library/postgres:18.4'],
  ['istio/pilot:1.31.1', 'docker.io/istio/pilot:1.31.1'],
  ['quay.io/strimzi/kafka:1.2.0-kafka-4.3.1', 'quay.io/strimzi/kafka:1.2.0-kafka-4.3.1'],
  ['localhost:5001/a/b:1', 'localhost:5001/a/b:1'],
  ['localhost/a:1', 'localhost/a:1'],
])('%s is %s to a container runtime', (name, full) => expect(fullName(name)).toBe(full));
