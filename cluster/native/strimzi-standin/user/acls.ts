import { type Acl, AclOperations, AclPermissionTypes, ResourcePatternTypes, ResourceTypes } from '@platformatic/kafka';
import type { AclRule, User } from '../resources.ts';

/** The principals that this program manages: those of users with a certificate. */
const MANAGED = 'User:CN=';

/** Kafka's numbers for the words of a KafkaUser. */
const RESOURCES = {
  topic: ResourceTypes.TOPIC,
  group: ResourceTypes.GROUP,
  cluster: ResourceTypes.CLUSTER,
  transactionalId: ResourceTypes.TRANSACTIONAL_ID,
} as const;
/** The only name of a resource of type cluster. */
const CLUSTER_NAME = 'kafka-cluster';

export const usernameOf = ({ metadata }: User): string => `CN=${metadata.name}`;
const principalOf = (user: User): string => `User:${usernameOf(user)}`;

/** What a user's ACLs are in the broker. */
export function wantedAcls(user: User): readonly Acl[] {
  return (user.spec.authorization?.acls ?? []).flatMap((rule) =>
    rule.operations.map((operation) => ({
      resourceType: RESOURCES[rule.resource.type],
      resourceName: rule.resource.type === 'cluster' ? CLUSTER_NAME : (rule.resource.name ?? ''),
      resourcePatternType:
        rule.resource.patternType === 'prefix' ? ResourcePatternTypes.PREFIXED : ResourcePatternTypes.LITERAL,
      principal: principalOf(user),
      host: rule.host ?? '*',
      operation: AclOperations[operationName(operation)],
      permissionType: rule.type === 'deny' ? AclPermissionTypes.DENY : AclPermissionTypes.ALLOW,
    })),
  );
}

/** `DescribeConfigs` as Kafka's protocol writes it: `DESCRIBE_CONFIGS`. */
function operationName(operation: AclRule['operations'][number]): keyof typeof AclOperations {
  return operation.replace(/(?<=[a-z])(?=[A-Z])/g, '_').toUpperCase() as keyof typeof AclOperations;
}

export interface AclChange {
  readonly missing: readonly Acl[];
  readonly surplus: readonly Acl[];
}

/**
 * Compares the broker's ACLs with the users. An ACL of a user without a resource is surplus.
 * @param users those to compare
 * @param others users whose ACLs stay as they are, such as paused ones
 */
export function planAcls(users: readonly User[], others: readonly User[], actual: readonly Acl[]): AclChange {
  const wanted = new Map(users.flatMap(wantedAcls).map((acl) => [keyOf(acl), acl]));
  const present = new Set(actual.map(keyOf));
  const untouched = new Set(others.map(principalOf));
  return {
    missing: [...wanted].filter(([key]) => !present.has(key)).map(([, acl]) => acl),
    surplus: actual.filter(
      (acl) => acl.principal.startsWith(MANAGED) && !untouched.has(acl.principal) && !wanted.has(keyOf(acl)),
    ),
  };
}

const keyOf = (acl: Acl): string =>
  JSON.stringify([
    ...[acl.principal, acl.host, acl.operation, acl.permissionType],
    ...[acl.resourceType, acl.resourceName, acl.resourcePatternType],
  ]);
