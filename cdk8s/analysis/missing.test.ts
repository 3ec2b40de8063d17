import { expect, test } from 'vitest';
import { environments } from '../environments.ts';
import { missingFrom } from './missing.ts';

const DIGEST = `sha256:${'1'.repeat(64)}`;
const own = {
  ...environments.prod,
  image: `registry.shop.com/team/services@${DIGEST}`,
  partners: { acquirer: { host: 'api.bank.com', port: 443, addresses: ['8.8.4.0/24', '2a00:1450::/32'] } },
  postgres: { port: 5432, addresses: ['10.1.2.3/32'] },
  tokens: { issuer: 'https://id.shop.com', audience: 'shop', jwksUri: 'https://id.shop.com/keys' },
  edge: { ...environments.prod.edge, hosts: ['shop.com'] },
};
const fieldsOf = (change: object) => missingFrom('prod', { ...own, ...change }, {}).map(({ value }) => value);

test('an environment with all that its operator brings lacks nothing, and one for tests needs nothing', () => {
  expect(fieldsOf({})).toEqual([]);
  expect(missingFrom('dev', environments.dev)).toEqual([]);
});

test.each(['ghcr.io/team/services@', 'localhost:5000/services@', 'registry.shop.com:5000/a/b-c/services:1.2@'])(
  '%s and a digest name an image',
  (name) => {
    expect(fieldsOf({ image: `${name}${DIGEST}` })).toEqual([]);
  },
);

test.each([
  'ghcr.io/team/services:1',
  'ghcr.io/team/services',
  `services@${DIGEST}`,
  `windlass/services@${DIGEST}`,
  `docker.io/windlass/services@${DIGEST}`,
  `index.docker.io:443/windlass/services@${DIGEST}`,
  `ghcr.io/team/services@sha256:${'0'.repeat(64)}`,
  `ghcr.io/team/services@${DIGEST}0`,
  'ghcr.io/team/services@sha256:latest',
  '',
])('"%s" names no image for customers: a tag, no registry of ours, or no digest', (image) => {
  expect(missingFrom('prod', { ...own, image })).toEqual([
    {
      subject: 'environments.prod',
      value: `image = ${image}`,
      rule: 'image-by-digest',
      message: expect.stringContaining('use IMAGE=registry.example/team/services@sha256:…'),
    },
  ]);
});

test.each([
  [{ tokens: { ...own.tokens, issuer: 'https://id.example.com' } }, ['tokens.issuer = https://id.example.com']],
  [{ tokens: { ...own.tokens, issuer: 'id.example./x' } }, ['tokens.issuer = id.example./x']],
  [{ postgres: { port: 1, addresses: ['192.0.2.7/32'] } }, ['postgres.addresses.0 = 192.0.2.7/32']],
  [{ postgres: { port: 1, addresses: ['10.0.0.0/8', '2001:db8::/64'] } }, ['postgres.addresses.1 = 2001:db8::/64']],
  [
    { partners: { acquirer: { ...own.partners.acquirer, host: 'bank.example' } } },
    ['partners.acquirer.host = bank.example'],
  ],
])('a name or an address for documentation is missing: %j', (change, fields) => {
  expect(fieldsOf(change)).toEqual(fields);
  expect(missingFrom('prod', { ...own, ...change }, { examples: true })).toEqual([]);
});
