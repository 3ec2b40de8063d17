import { expect, test } from 'vitest';
import { scramVerifier } from './set-password.ts';

test('what Postgres gets of a password is what Postgres itself would store', () => {
  // From `CREATE ROLE … PASSWORD 'pencil'` on Postgres 18.
  expect(scramVerifier('pencil', Buffer.from('h4uXqTlDcgTt4BIHRa3oIg==', 'base64'), 4096)).toBe(
    'SCRAM-SHA-256$4096:h4uXqTlDcgTt4BIHRa3oIg==$Em09Lg9I5DlwMvObDLqZuJ4JjYDlpXTX8HOBYUpRoM0=:tO08NL/NxrgTpQ8T1XvYDderK6lgC+Ru0ZjFWt0gwVs=',
  );
});

test('each verifier has a salt of its own, and none has the password', () => {
  expect(scramVerifier('pencil')).not.toBe(scramVerifier('pencil'));
  expect(scramVerifier('pencil')).not.toContain('pencil');
});
