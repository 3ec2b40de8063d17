import { expect, test } from 'vitest';
import { findFault } from './prerequisites.ts';

test('a missing program is named with the command that installs it', () => {
  expect(findFault('kind', undefined, 'linux')).toMatch(
    /^kind is missing: curl -fLo \S+ \S+\/v0\.33\.0\/kind-linux-\w+ && sudo install/,
  );
  expect(findFault('skaffold', undefined, 'darwin')).toBe('skaffold is missing: brew install skaffold');
});

test.each([
  ['kind', 'kind v0.27.0 go1.23.6 linux/amd64', /^kind 0\.27\.0 is too old, 0\.33 or newer is needed: curl /],
  ['helm', 'v3.7.2+g663a896', /^helm 3\.7\.2 is too old, 3\.8 or newer/],
  ['skaffold', 'v2.9.0', /^skaffold 2\.9\.0 is too old, 2\.15 or newer/],
] as const)('%s of an old version is named with the version that is needed', (name, printed, fault) => {
  expect(findFault(name, printed, 'linux')).toMatch(fault);
});

test.each([
  ['kind', 'kind v0.33.0 go1.26.0 linux/amd64'],
  ['kind', 'kind v1.0.0 go1.26.0 linux/amd64'],
  ['helm', 'v4.0.1+g12500dd'],
  ['skaffold', 'v2.24.0'],
  ['kubectl', 'Client Version: v1.36.4'],
] as const)('%s that prints "%s" is accepted', (name, printed) => {
  expect(findFault(name, printed, 'linux')).toBeUndefined();
});
