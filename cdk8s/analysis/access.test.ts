import { describe, expect, test } from 'vitest';
import { environments } from '../environments.ts';
import type { Environment, Tokens } from '../model/environment.ts';
import type { Access } from '../model/topology.ts';
import { exampleTopology } from '../testing/example.ts';
import { topology } from '../topology.ts';
import { accessEnforceable, accessStated, tokensFit } from './access.ts';

const [enter, ask] = exampleTopology.interactions;

/** The example, in which the gateway's call Enter has this access. */
const topologyWith = (access: Access | undefined, path: string = enter.rpcs.Enter.path) => {
  const { access: _, ...without } = enter.rpcs.Enter;
  const Enter = { ...without, path, ...(access && { access }) };
  return { ...exampleTopology, interactions: [{ ...enter, rpcs: { Enter } }] };
};

describe('access-stated', () => {
  test('each route of the gateway says who may call it', () => {
    expect(accessStated(exampleTopology)).toEqual([]);
    expect(accessStated(topology)).toEqual([]);
    expect(accessStated(topologyWith(undefined))).toMatchObject([
      { subject: 'gateway->a.Enter', value: 'access = none', rule: 'access-stated' },
    ]);
  });

  test('a role that no token has is none', () => {
    const [problem] = accessStated(topologyWith('admin' as Access));
    expect(problem).toMatchObject({ value: 'access = admin' });
    expect(problem?.message).toContain('anyone, customer, support or analyst');
  });

  test('a call behind the gateway has none', () => {
    const interactions = [{ ...ask, rpcs: { Ask: { ...ask.rpcs.Ask, access: 'customer' } } }] as const;
    expect(accessStated({ ...exampleTopology, interactions })).toMatchObject([
      { subject: 'a->b.Ask', value: 'access = customer' },
    ]);
  });
});

describe('access-enforceable', () => {
  test('any customer may have a path with a name in it', () => {
    expect(accessEnforceable(exampleTopology)).toEqual([]);
    expect(accessEnforceable(topology)).toEqual([]);
  });

  test.each(['anyone', 'analyst'] as const)('%s has a whole path', (access) => {
    expect(accessEnforceable(topologyWith(access, '/v1/all'))).toEqual([]);
    expect(accessEnforceable(topologyWith(access))).toMatchObject([
      { subject: 'gateway->a.Enter', value: `access = ${access}`, rule: 'access-enforceable' },
    ]);
  });
});

describe('tokens-fit', () => {
  const valuesOf = (change: Partial<Tokens>, faults: Environment['faults'] = 'off') =>
    tokensFit({ one: { tokens: { ...environments.prod.tokens, ...change }, faults } }).map(({ value }) => value);

  test('the environments have an issuer each', () => {
    expect(tokensFit(environments)).toEqual([]);
  });

  test('only an environment for tests may have a key that the cluster knows', () => {
    expect(valuesOf({ jwksUri: 'made-in-cluster' }, 'on')).toEqual([]);
    expect(valuesOf({ jwksUri: 'made-in-cluster' })).toEqual(['tokens.jwksUri = made-in-cluster']);
  });

  test.each([
    'http://issuer.example/keys',
    'https://user:x@issuer.example/keys',
    ' https://issuer.example\n/keys',
    'https:issuer.example',
    'https://issuer.example/x y',
    'https://issuer.example:0/',
    'issuer.example',
    '',
  ])('keys come by https, and not from "%s"', (jwksUri) => {
    expect(valuesOf({ jwksUri })).toEqual([`tokens.jwksUri = ${jwksUri}`]);
  });

  test.each(['issuer', 'audience'] as const)('%s is a word', (field) => {
    for (const text of ['', 'a b', 'x'.repeat(256)]) expect(valuesOf({ [field]: text })).toHaveLength(1);
  });
});
