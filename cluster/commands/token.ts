import { readTokenIssuer, readTokenRequest, signToken, TOKEN_VALID } from '../credentials/tokens.ts';
import type { Settings } from '../settings.ts';
import { runningCluster } from './running.ts';

/**
 * Prints a customer's token as the last line of standard output; what it is for, on standard error.
 * @throws UserError if CUSTOMER or ROLE is wrong, or no cluster runs
 */
export async function token(settings: Settings, env: NodeJS.ProcessEnv): Promise<void> {
  const claims = readTokenRequest(env.CUSTOMER, env.ROLE);
  await runningCluster(settings);
  const { roles = [], customer } = claims;
  const signed = await signToken(await readTokenIssuer(), claims);
  console.error(`Valid for ${TOKEN_VALID}, for ${[customer, ...roles].join(', ')}: -H "authorization: Bearer $TOKEN"`);
  console.log(signed);
}
