import { expect, test } from 'vitest';
import { readSettings } from './settings.ts';

test('all missing variables are named at once', () => {
  expect(() => readSettings({})).toThrow('missing environment variables: STRIMZI_NAMESPACE, KAFKA_IMAGE');
});
