import { expect, test } from 'vitest';
import { dependencyClosure } from './dependencies.ts';

test('the services get what their dependencies need, and nothing that only development needs', async () => {
  const folders = await dependencyClosure(['express', 'pg']);
  expect(folders).toContain('node_modules/express');
  expect(folders).toContain('node_modules/pg-protocol');
  expect(folders).not.toContain('node_modules/vitest');
});
