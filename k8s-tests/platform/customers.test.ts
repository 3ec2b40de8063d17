/** What cluster/, cdk8s/ and services/ each state of customers, since none of them imports another, is the same. */
import { expect, test } from 'vitest';
import { PRINCIPAL_HEADER } from '../../cdk8s/mesh/edge/headers.ts';
import { ROLES } from '../../cdk8s/model/topology.ts';
import { ROLES as ROLES_OF_TOKENS } from '../../cluster/credentials/tokens.ts';
import { principalHeader } from '../../services/orders/api/principal.ts';

test('make token knows the roles of the topology', () => {
  expect(ROLES_OF_TOKENS).toEqual(ROLES);
});

test('orders reads the header that the gateway sets, and takes from clients', () => {
  expect(principalHeader).toBe(PRINCIPAL_HEADER);
});
