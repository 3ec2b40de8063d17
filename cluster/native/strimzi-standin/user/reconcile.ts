import type { Logger } from 'pino';
import type { Certificates } from '../certificates/secrets.ts';
import { Rejection, ready, readyFalse, reconciliationPaused } from '../conditions.ts';
import { isPaused } from '../kafka/reconcile.ts';
import type { Client } from '../kubernetes/client.ts';
import type { Kafka, Secrets, User, UserStatus } from '../resources.ts';
import type { BrokerAdmin } from '../topic/broker-admin.ts';
import { planAcls, usernameOf } from './acls.ts';
import { ensureUserSecret } from './secret.ts';

/** What the reconciliation of users needs. */
export interface UserContext {
  readonly client: Client;
  readonly log: Logger;
}

/**
 * Makes the Secrets of a Kafka's users, which need no broker: a pod that mounts one starts sooner. Sets the status of
 * users that are paused or rejected.
 * @returns the users whose ACLs are to be compared with the broker
 */
export async function reconcileUserSecrets(
  context: UserContext,
  kafka: Kafka,
  users: readonly User[],
  secrets: Secrets,
  certificates: Certificates,
): Promise<readonly User[]> {
  const accepted: User[] = [];
  for (const user of users) {
    try {
      if (isPaused(user)) {
        await setStatus(context, user, { ...user.status, conditions: [reconciliationPaused()] });
        continue;
      }
      validateUser(user, kafka);
      if (user.spec.authentication?.type === 'tls')
        await ensureUserSecret(context.client, kafka, user, secrets, certificates);
      accepted.push(user);
    } catch (error) {
      if (!(error instanceof Rejection)) throw error;
      await setStatus(context, user, { conditions: [readyFalse(error.reason, error.message)] });
    }
  }
  return accepted;
}

/**
 * Makes the broker's ACLs exactly those of the users, and sets the users Ready.
 * @param accepted as `reconcileUserSecrets` returned them
 * @param all also those whose ACLs stay as they are
 */
export async function reconcileAcls(
  context: UserContext,
  kafka: Kafka,
  admin: BrokerAdmin,
  accepted: readonly User[],
  all: readonly User[],
): Promise<void> {
  if (kafka.spec.kafka.authorization !== undefined) {
    const others = all.filter((user) => !accepted.includes(user));
    const { missing, surplus } = planAcls(accepted, others, await admin.acls());
    if (missing.length > 0) await admin.addAcls(missing);
    if (surplus.length > 0) await admin.removeAcls(surplus);
    if (missing.length + surplus.length > 0)
      context.log.info({ added: missing.length, removed: surplus.length }, 'ACLs changed');
  }
  for (const user of accepted) {
    const secret = user.spec.authentication?.type === 'tls' ? { secret: user.metadata.name } : {};
    await setStatus(context, user, { conditions: [ready()], username: usernameOf(user), ...secret });
  }
}

/**
 * @throws Rejection with Strimzi's reason, or with reason `NotSupportedByStandIn` for what only the real operator
 * supports
 */
export function validateUser({ metadata: { name }, spec }: User, kafka: Kafka): void {
  const standInOnly = (supported: boolean, message: string): void => {
    if (!supported) throw new Rejection('NotSupportedByStandIn', message);
  };
  const authentication = spec.authentication?.type ?? 'none';
  standInOnly(
    authentication === 'tls' || authentication === 'tls-external',
    `The stand-in has users with certificates only; spec.authentication.type of KafkaUser ${name} is ${authentication}`,
  );
  standInOnly(spec.quotas === undefined, `The stand-in has no quotas; KafkaUser ${name} has spec.quotas`);
  standInOnly(spec.template === undefined, `The stand-in has no templates; KafkaUser ${name} has spec.template`);
  if (spec.authorization !== undefined && kafka.spec.kafka.authorization === undefined) {
    throw new Rejection(
      'InvalidResourceException',
      'Simple authorization ACLs are configured but not supported in the Kafka cluster configuration.',
    );
  }
}

async function setStatus({ client, log }: UserContext, user: User, status: UserStatus): Promise<void> {
  const observedGeneration = user.metadata.generation ?? 0;
  if (await client.setStatus('kafkausers', user, { ...status, observedGeneration })) {
    log.info({ user: user.metadata.name, ...status.conditions?.[0] }, 'user status');
  }
}
