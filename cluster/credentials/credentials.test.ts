// cspell:ignore uuidv htpasswd
import { X509Certificate } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, test, vi } from 'vitest';
import { root } from '../paths.ts';
import { prepareDatabaseCertificate } from './database-certificate.ts';
import { DATABASE_HOST, ensureDatabasePasswords, rolesOf } from './database-passwords.ts';
import { ensurePartnerCertificate } from './partner-certificates.ts';
import { rotatePasswords } from './rotate-passwords.ts';
import { Conflict, type Current, type Reference, type Store, type Stored } from './store.ts';

const titleOf = ({ kind, namespace, name }: Reference) => `${kind} ${namespace}/${name}`;
let objects: Map<string, Current>;
let writes: string[];
beforeEach(() => {
  objects = new Map();
  writes = [];
});

/** The objects as a cluster keeps them: a create fails if there is one, a replace if its version is not current. */
const store: Store = {
  read: async (reference) => objects.get(titleOf(reference)),
  create: async (object) => {
    if (objects.has(titleOf(object))) throw new Conflict(titleOf(object));
    put(object);
  },
  replace: async (object, version) => {
    const current = objects.get(titleOf(object));
    if (current?.version !== version) throw new Conflict(titleOf(object));
    put(object);
  },
};
function put(object: Stored): void {
  writes.push(titleOf(object));
  objects.set(titleOf(object), { values: object.values, version: String(writes.length), isKept: true });
}

const orders = { name: 'orders', namespace: 'shop' };
const acquirer = { name: 'acquirer', namespace: 'partner' };
const roles = () => objects.get('Secret postgres/postgres-roles')?.values ?? {};
const url = ({ name, namespace }: typeof orders) => objects.get(`Secret ${namespace}/postgres-${name}`)?.values.url;
const urlWith = (password: string) => `postgres://orders:${password}@postgres.postgres.svc.cluster.local:5432/orders`;

describe('the passwords of databases', () => {
  test('are made once, each service with its own, and a second run writes nothing', async () => {
    await ensureDatabasePasswords(store, [orders, acquirer], 'authority');
    const made = roles();
    expect(made.orders).toMatch(/^[0-9a-f]{48}$/);
    expect(made.orders).not.toBe(made.acquirer);
    expect(url(orders)).toBe(urlWith(made.orders ?? ''));
    writes = [];
    await ensureDatabasePasswords(store, [orders, acquirer], 'authority');
    expect(writes).toEqual([]);
    expect(roles()).toEqual(made);
  });

  test('stay when a service is removed, because its role and data stay, too', async () => {
    await ensureDatabasePasswords(store, [orders, acquirer], 'authority');
    const before = roles();
    await ensureDatabasePasswords(store, [orders, { name: 'new', namespace: 'shop' }], 'authority');
    expect(roles()).toMatchObject(before);
  });

  test('stay when a service is added', async () => {
    await ensureDatabasePasswords(store, [orders], 'authority');
    const before = { password: roles().orders, url: url(orders) };
    await ensureDatabasePasswords(store, [orders, acquirer], 'authority');
    expect({ password: roles().orders, url: url(orders) }).toEqual(before);
    expect(url(acquirer)).toContain(roles().acquirer);
  });

  test('that a chart of an earlier version made are kept, and taken out of its hands before its upgrade', async () => {
    const ofHelm = (values: Record<string, string>) => ({ values, version: '0', isKept: false });
    objects.set('Secret postgres/postgres-roles', ofHelm({ orders: 'aB3xY' }));
    objects.set('Secret shop/postgres-orders', ofHelm({ url: urlWith('aB3xY') }));
    await ensureDatabasePasswords(store, [orders], 'authority');
    expect(roles().orders).toBe('aB3xY');
    expect(url(orders)).toBe(urlWith('aB3xY'));
    expect([...objects.values()].map(({ isKept }) => isKept)).toEqual([true, true, true]);
  });

  test.each(['postgres/postgres-roles', 'shop/postgres-orders'])('survive the loss of the Secret %s', async (lost) => {
    await ensureDatabasePasswords(store, [orders], 'authority');
    const before = { password: roles().orders, url: url(orders) };
    objects.delete(`Secret ${lost}`);
    await ensureDatabasePasswords(store, [orders], 'authority');
    expect({ password: roles().orders, url: url(orders) }).toEqual(before);
  });

  test('that someone changes in postgres-roles reach the service', async () => {
    await ensureDatabasePasswords(store, [orders], 'authority');
    objects.set('Secret postgres/postgres-roles', { values: { orders: 'n/w' }, version: 'x', isKept: true });
    await ensureDatabasePasswords(store, [orders], 'authority');
    expect(url(orders)).toBe(urlWith('n%2Fw'));
  });

  test('are those of one run if two run at the same time', async () => {
    const run = () => ensureDatabasePasswords(store, [orders, acquirer], 'authority');
    const results = await Promise.allSettled([run(), run()]);
    expect(results.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
    await run();
    expect(url(orders)).toContain(roles().orders);
    expect(url(acquirer)).toContain(roles().acquirer);
  });
});

describe('the migrator of a service', () => {
  test('has a password and a Secret of its own, in the namespace of the service', async () => {
    await ensureDatabasePasswords(store, [acquirer], 'authority');
    const made = roles();
    expect(made['acquirer-migrator']).not.toBe(made.acquirer);
    expect(objects.get('Secret partner/postgres-acquirer-migrator')?.values).toEqual({
      url: `postgres://acquirer-migrator:${made['acquirer-migrator']}@${DATABASE_HOST}:5432/acquirer`,
      'ca.crt': 'authority',
    });
  });
});

describe('the certificate of Postgres', () => {
  const ensure = async () => {
    const certificate = await prepareDatabaseCertificate(store);
    await ensureDatabasePasswords(store, [orders], certificate.authorities);
    await certificate.store();
  };
  const parts = () => ({
    certificate: objects.get('Secret postgres/postgres-tls')?.values['tls.crt'] ?? '',
    trusted: objects.get('Secret shop/postgres-orders')?.values['ca.crt'] ?? '',
  });
  const authoritiesIn = (pem: string) =>
    (pem.match(/-----BEGIN [^-]+-----[^-]+-----END [^-]+-----/g) ?? []).map((one) => new X509Certificate(one));

  test('is for the host of the URLs, of the authority that clients get, and made once', async () => {
    await ensure();
    const { certificate, trusted } = parts();
    expect(new X509Certificate(certificate).checkHost(DATABASE_HOST)).toBe(DATABASE_HOST);
    expect(authoritiesIn(trusted).map(({ publicKey }) => new X509Certificate(certificate).verify(publicKey))).toEqual([
      true,
    ]);
    writes = [];
    await ensure();
    expect(writes).toEqual([]);
  });

  test('is renewed 60 days before its end, and clients trust the old and the new one before Postgres has it', async () => {
    await ensure();
    const before = parts();
    vi.setSystemTime(Date.now() + 306 * 86_400_000);
    writes = [];
    await ensure();
    vi.useRealTimers();
    const { certificate, trusted } = parts();
    expect(certificate).not.toBe(before.certificate);
    const trusts = (pem: string) =>
      authoritiesIn(trusted).some(({ publicKey }) => new X509Certificate(pem).verify(publicKey));
    expect([trusts(certificate), trusts(before.certificate)]).toEqual([true, true]);
    expect(writes.indexOf('Secret shop/postgres-orders')).toBeLessThan(writes.indexOf('Secret postgres/postgres-tls'));
  });

  test('that cannot be read is made again, without its authority', async () => {
    objects.set('Secret postgres/postgres-tls', { values: { 'ca.crt': 'none' }, version: '0', isKept: true });
    await ensure();
    expect(authoritiesIn(parts().trusted)).toHaveLength(1);
  });
});

describe('a rotation', () => {
  /** What Postgres knows, and what its pod and those of the service have in their files. */
  let postgres: Record<string, string>;
  let files: Map<string, Record<string, string>>;
  const passwordOf = (value: string | undefined) => (value ? new URL(value).password : undefined);
  const secrets = rolesOf(orders).map(({ role }) => [role, `Secret shop/postgres-${role}`] as const);
  const refresh = (title: string) => files.set(title, { ...objects.get(title)?.values });

  beforeEach(async () => {
    await ensureDatabasePasswords(store, [orders], 'authority');
    files = new Map();
    for (const title of objects.keys()) refresh(title);
    postgres = { ...roles() };
  });

  /** Every pod must be able to connect, whether its files are those of now or of a while ago. */
  function expectServed(): void {
    for (const [role, title] of secrets)
      for (const { url: current, 'previous-url': previous } of [files.get(title), objects.get(title)?.values] as Record<
        string,
        string
      >[])
        expect([passwordOf(current), passwordOf(previous)], role).toContain(postgres[role]);
  }

  /** Runs a rotation that is killed before its operation of this number. @returns whether it came to its end */
  async function rotateUntil(limit: number): Promise<boolean> {
    let count = 0;
    const counted =
      <Args extends unknown[], T>(work: (...args: Args) => Promise<T>) =>
      async (...args: Args): Promise<T> => {
        if (count++ === limit) throw new Error('killed');
        const result = await work(...args);
        expectServed();
        return result;
      };
    const rotated = rotatePasswords(rolesOf(orders), {
      store: { ...store, replace: counted(store.replace) },
      waitUntilMounted: counted(async (reference) => void refresh(titleOf(reference))),
      setPassword: counted(async ([current, previous]) => {
        const { username: role, password } = new URL(current);
        expect([password, passwordOf(previous)]).toContain(postgres[role]);
        postgres[role] = password;
      }),
      step: (_, work) => work(),
    });
    return rotated.then(
      () => true,
      (error: Error) => {
        if (error.message !== 'killed') throw error;
        return false;
      },
    );
  }

  test('gives every role a new password and leaves no old one', async () => {
    const before = roles();
    expect(await rotateUntil(Number.POSITIVE_INFINITY)).toBe(true);
    for (const [role, title] of secrets) {
      expect(postgres[role]).not.toBe(before[role]);
      expect(roles()[role]).toBe(postgres[role]);
      expect(objects.get(title)?.values).not.toHaveProperty('previous-url');
      expect(passwordOf(objects.get(title)?.values.url)).toBe(postgres[role]);
    }
  });

  test.each(['nothing else happens', 'make credentials runs', 'Postgres restarts'])(
    'that is killed at any point locks no pod out, and the next one finishes it, if meanwhile %s',
    async (event) => {
      for (let limit = 0, isDone = false; !isDone; limit++) {
        isDone = await rotateUntil(limit);
        if (event === 'make credentials runs') await ensureDatabasePasswords(store, [orders], 'authority');
        // It sets the passwords of its files, which may be older than the Secret.
        if (event === 'Postgres restarts') postgres = { ...files.get('Secret postgres/postgres-roles') };
        expectServed();
        expect(await rotateUntil(Number.POSITIVE_INFINITY)).toBe(true);
        expect(roles()).toEqual(postgres);
      }
    },
  );
});

describe('the certificate of a simulated partner', () => {
  const wanted = { partner: 'bank', namespace: 'partner', host: 'bank.example', authority: 'bank-ca', callers: 'shop' };
  const parts = () => ({
    authority: objects.get('ConfigMap shop/bank-ca')?.values['ca.crt'] ?? '',
    certificate: objects.get('Secret partner/bank-tls')?.values['tls.crt'] ?? '',
  });

  test('is for its host, signed by the authority that its callers trust, and made once', async () => {
    await ensurePartnerCertificate(store, wanted);
    const made = parts();
    const certificate = new X509Certificate(made.certificate);
    const authority = new X509Certificate(made.authority);
    expect(certificate.checkHost('bank.example')).toBe('bank.example');
    expect(certificate.checkHost('other.example')).toBeUndefined();
    expect(authority.ca).toBe(true);
    expect(certificate.verify(authority.publicKey)).toBe(true);
    await ensurePartnerCertificate(store, wanted);
    expect(parts()).toEqual(made);
    expect(writes).toHaveLength(2);
  });

  test('is made again if the authority is gone, so that both come from one pair', async () => {
    await ensurePartnerCertificate(store, wanted);
    objects.delete('ConfigMap shop/bank-ca');
    await ensurePartnerCertificate(store, wanted);
    const { certificate, authority } = parts();
    expect(new X509Certificate(certificate).verify(new X509Certificate(authority).publicKey)).toBe(true);
  });

  test('is made again if it has expired, is for another host, or is not of the authority', async () => {
    const changes = {
      expired: () => vi.setSystemTime(Date.now() + 366 * 86_400_000),
      renamed: () => ({ ...wanted, host: 'other.example' }),
      foreign: () => objects.set('ConfigMap shop/bank-ca', other),
      withoutKey: () => {
        const secret = objects.get('Secret partner/bank-tls') as Current;
        return objects.set('Secret partner/bank-tls', { ...secret, values: { ...secret.values, 'tls.key': 'none' } });
      },
      broken: () => objects.set('ConfigMap shop/bank-ca', { ...other, values: { 'ca.crt': 'none' } }),
    };
    await ensurePartnerCertificate(store, wanted);
    const other = objects.get('ConfigMap shop/bank-ca') as Current;
    for (const change of Object.values(changes)) {
      objects.clear();
      await ensurePartnerCertificate(store, wanted);
      const before = parts().certificate;
      const result = change();
      await ensurePartnerCertificate(store, 'host' in result ? result : wanted);
      vi.useRealTimers();
      const { certificate, authority } = parts();
      expect(certificate).not.toBe(before);
      expect(new X509Certificate(certificate).verify(new X509Certificate(authority).publicKey)).toBe(true);
    }
  });
});

test('no chart of ours makes anything random or asks the cluster, so that each render of it is the same', () => {
  const charts = readdirSync(join(root, 'charts'), { recursive: true, encoding: 'utf8' });
  const templates = charts.filter((file) => file.includes('/templates/'));
  expect(templates.length).toBeGreaterThan(5);
  const impure = templates.filter((file) => {
    const path = join(root, 'charts', file);
    return /\b(rand[A-Z]\w*|gen[A-Z]\w*|lookup|uuidv4|now|derivePassword|htpasswd|bcrypt|encryptAES)\b/.test(
      (readFileSync(path, 'utf8').match(/\{\{[\s\S]*?\}\}/g) ?? []).join(' '),
    );
  });
  expect(impure).toEqual([]);
});
