import { type DatabaseService, rolesOf } from '../credentials/database-passwords.ts';
import { databaseServices } from '../credentials/ensure.ts';
import { waitUntilMounted } from '../credentials/mounted.ts';
import { ROTATION_STEPS, rotatePasswords } from '../credentials/rotate-passwords.ts';
import { setPassword } from '../credentials/set-password.ts';
import { clusterStore } from '../credentials/store.ts';
import { rotateTokenKeys, TOKEN_KEY_STEPS } from '../credentials/token-keys.ts';
import { showProgress } from '../progress.ts';
import { type Settings, UserError } from '../settings.ts';
import { exclusively } from './lock.ts';
import { runningCluster } from './running.ts';

/** The database whose payment tokens are encrypted. */
const TOKENS_DATABASE = 'orders';

/**
 * Gives the roles of databases new passwords, and the payment tokens of orders a new key, while the services run. If it is
 * interrupted, run it again.
 * @param database whose roles and key. Default: every database
 * @throws UserError if there is no such database, or no cluster
 */
export function rotate(settings: Settings, database?: string): Promise<void> {
  return exclusively(async () => {
    const roles = chosen(await databaseServices(), database).flatMap(rolesOf);
    await runningCluster(settings, 'make up');
    const hasTokens = roles.some((role) => role.database === TOKENS_DATABASE);
    const { step } = showProgress(ROTATION_STEPS + (hasTokens ? TOKEN_KEY_STEPS : 0));
    const tools = { store: clusterStore, waitUntilMounted, setPassword, step };
    await rotatePasswords(roles, tools);
    if (hasTokens) await rotateTokenKeys(tools);
    console.log(`New passwords for ${roles.map(({ role }) => role).join(', ')}. The old ones are no longer valid.`);
    if (hasTokens)
      console.log(
        'A new key for payment tokens. orders-worker encrypts those of older keys with it within ten minutes.',
      );
  });
}

function chosen(services: readonly DatabaseService[], database: string | undefined): readonly DatabaseService[] {
  const found = services.filter(({ name }) => database === undefined || name === database);
  if (found.length > 0) return found;
  const known = services.map(({ name }) => name).join(', ');
  throw new UserError(`SERVICE=${database} has no database of its own. Known databases: ${known}`);
}
