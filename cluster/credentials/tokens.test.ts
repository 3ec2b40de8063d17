import { createLocalJWKSet, jwtVerify } from 'jose';
import { beforeEach, describe, expect, test } from 'vitest';
import { customerAuthentication, ensureCustomerKey, KEY_SECRET, wantedAuthentication } from './customer-key.ts';
import { Conflict, type Current, type Store, type Stored } from './store.ts';
import { readTokenRequest, signToken } from './tokens.ts';

let secret: Current | undefined;
let writes: Stored[];
beforeEach(() => {
  secret = undefined;
  writes = [];
});
const put = (object: Stored) => {
  writes.push(object);
  secret = { values: object.values, version: String(writes.length), isKept: true };
};
const store: Store = {
  read: async () => secret,
  create: async (object) => {
    if (secret) throw new Conflict();
    put(object);
  },
  replace: async (object) => put(object),
};

const rule = { issuer: 'https://issuer.example', audiences: ['shop'] };
const policy = {
  kind: 'AuthorizationPolicy',
  metadata: {
    name: 'customers',
    namespace: 'windlass-ingress',
    annotations: {
      'windlass.example/request-authentication': JSON.stringify({ selector: { matchLabels: {} }, jwtRules: [rule] }),
    },
  },
  spec: { selector: { matchLabels: { istio: 'windlass-ingressgateway' } } },
};
const wanted = () => wantedAuthentication([{ ...policy, metadata: { name: 'other' } }, policy]);

describe('the authentication of customers', () => {
  test('is for the pods of the policy that asks for it, in the mesh of others, too', () => {
    expect(wanted()).toEqual({
      name: 'customers',
      namespace: 'windlass-ingress',
      spec: { selector: policy.spec.selector, jwtRules: [rule] },
    });
  });

  test('is not made where the manifests name an issuer of their own', () => {
    const { annotations: _, ...metadata } = policy.metadata;
    expect(wantedAuthentication([{ ...policy, metadata }])).toBeUndefined();
  });

  test('has the public key of a pair that is made once, and accepts its tokens', async () => {
    const authentication = wanted();
    if (!authentication) throw new Error('the manifests ask for it');
    await ensureCustomerKey(store, authentication);
    await ensureCustomerKey(store, authentication);
    expect(writes).toMatchObject([{ kind: 'Secret', namespace: 'windlass-ingress', name: KEY_SECRET.name }]);
    const made = await customerAuthentication(store, authentication);
    const [{ jwks = '{}' } = {}] = made.spec.jwtRules as { jwks?: string }[];
    expect(JSON.parse(jwks).keys).toEqual([expect.not.objectContaining({ d: expect.anything() })]);
    const key = secret?.values[KEY_SECRET.field] ?? '';
    const token = await signToken({ ...rule, audience: 'shop', key }, { customer: 'c-1', roles: ['support'] });
    const { payload } = await jwtVerify(token, createLocalJWKSet(JSON.parse(jwks)), { ...rule, audience: 'shop' });
    expect(payload).toMatchObject({ sub: 'c-1', roles: ['support'] });
    expect((payload.exp ?? 0) - (payload.iat ?? 0)).toBe(12 * 3_600);
  });

  test('gets another pair if the key cannot be read, and says so if there is none', async () => {
    const authentication = wanted();
    if (!authentication) throw new Error('the manifests ask for it');
    await expect(customerAuthentication(store, authentication)).rejects.toThrow(KEY_SECRET.name);
    secret = { values: { [KEY_SECRET.field]: 'none' }, version: '1', isKept: true };
    await ensureCustomerKey(store, authentication);
    expect(writes).toHaveLength(1);
    expect(await customerAuthentication(store, authentication)).toHaveProperty('spec.jwtRules');
  });
});

describe('make token', () => {
  test.each([
    [undefined, []],
    ['', []],
    ['support', ['support']],
    ['support,analyst', ['support', 'analyst']],
    [' analyst , ', ['analyst']],
  ])('with ROLE=%j gives the roles %j', (role, roles) => {
    expect(readTokenRequest('c-1', role)).toEqual({ customer: 'c-1', roles });
  });

  test.each([
    [undefined, /^CUSTOMER is missing/],
    ['', /^CUSTOMER is missing/],
    [' ', /^CUSTOMER must be/],
    ['ü', /^CUSTOMER must be/],
    ['a\nb', /^CUSTOMER must be/],
    ['c'.repeat(65), /^CUSTOMER must be/],
  ])('with CUSTOMER=%j says what is wrong', (customer, message) => {
    expect(() => readTokenRequest(customer)).toThrow(message);
  });

  test('with an unknown ROLE names it', () => {
    expect(() => readTokenRequest('c-1', 'support,admin,Analyst')).toThrow(/^ROLE=admin,Analyst: must be support or/);
  });
});
