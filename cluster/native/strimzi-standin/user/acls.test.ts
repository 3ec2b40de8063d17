import { AclOperations, AclPermissionTypes, ResourcePatternTypes, ResourceTypes } from '@platformatic/kafka';
import { expect, test } from 'vitest';
import type { AclRule } from '../resources.ts';
import { aUser } from '../testing.ts';
import { planAcls, wantedAcls } from './acls.ts';

const userWith = (name: string, ...acls: AclRule[]) => aUser(name, { authorization: { type: 'simple', acls } });
const reads = (topic: string): AclRule => ({ resource: { type: 'topic', name: topic }, operations: ['Read'] });
const orders = userWith('orders', reads('orders.v1'));

test('a rule is one ACL for each operation, for the principal with the name of the user', () => {
  const rule = { resource: { type: 'topic', name: 'orders.v1' }, operations: ['Read', 'DescribeConfigs'] } as const;
  const acl = {
    ...{ resourceType: ResourceTypes.TOPIC, resourceName: 'orders.v1' },
    resourcePatternType: ResourcePatternTypes.LITERAL,
    ...{ principal: 'User:CN=orders', host: '*', permissionType: AclPermissionTypes.ALLOW },
  };
  expect(wantedAcls(userWith('orders', rule))).toEqual([
    { ...acl, operation: AclOperations.READ },
    { ...acl, operation: AclOperations.DESCRIBE_CONFIGS },
  ]);
});

test('a prefix, a host and a denial are kept, and the cluster has its only name', () => {
  const group = { type: 'group', name: 'a-', patternType: 'prefix' } as const;
  const [ofGroup, ofCluster] = wantedAcls(
    userWith(
      'orders',
      { type: 'deny', host: '10.0.0.1', resource: group, operations: ['All'] },
      { resource: { type: 'cluster' }, operations: ['Describe'] },
    ),
  );
  expect(ofGroup).toMatchObject({
    ...{ resourceType: ResourceTypes.GROUP, resourcePatternType: ResourcePatternTypes.PREFIXED, host: '10.0.0.1' },
    ...{ operation: AclOperations.ALL, permissionType: AclPermissionTypes.DENY },
  });
  expect(ofCluster).toMatchObject({ resourceType: ResourceTypes.CLUSTER, resourceName: 'kafka-cluster' });
});

test('missing ACLs are added, surplus ones removed, and those that are as stated stay', () => {
  const wider = userWith('orders', reads('orders.v1'), reads('payments.v1'));
  expect(planAcls([orders], [], wantedAcls(wider))).toEqual({
    missing: [],
    surplus: [expect.objectContaining({ resourceName: 'payments.v1' })],
  });
  expect(planAcls([wider], [], wantedAcls(orders))).toEqual({
    missing: [expect.objectContaining({ resourceName: 'payments.v1' })],
    surplus: [],
  });
  expect(planAcls([orders], [], wantedAcls(orders))).toEqual({ missing: [], surplus: [] });
});

test('the ACLs of a user that was deleted are removed', () => {
  expect(planAcls([], [], wantedAcls(orders)).surplus).toEqual(wantedAcls(orders));
});

test('the ACLs of a paused user stay as they are, as do those of principals without a certificate', () => {
  expect(planAcls([], [orders], wantedAcls(orders))).toEqual({ missing: [], surplus: [] });
  const ofOthers = wantedAcls(orders).map((acl) => ({ ...acl, principal: 'User:by-hand' }));
  expect(planAcls([], [], ofOthers).surplus).toEqual([]);
});
