import { expect, test } from 'vitest';
import { environments } from '../../environments.ts';
import type { Topology } from '../../model/topology.ts';
import { exampleTopology } from '../../testing/example.ts';
import { topology } from '../../topology.ts';
import { customerAuthorization, requestAuthentication } from './customers.ts';

const withoutToken = { from: [{ source: { notRequestPrincipals: ['*'] } }] };

test('without a token only the routes for anyone are open, each for its method only', () => {
  expect(customerAuthorization(topology, environments.dev.edge)).toMatchObject({
    action: 'DENY',
    selector: { matchLabels: { istio: 'ingressgateway' } },
  });
  expect(customerAuthorization(topology, environments.dev.edge).rules?.[0]).toEqual({
    ...withoutToken,
    to: [
      { operation: { notPaths: ['/v1/openapi.json'] } },
      { operation: { paths: ['/v1/openapi.json'], notMethods: ['GET'] } },
    ],
  });
});

test('statistics need the role that topology.ts states', () => {
  expect(customerAuthorization(topology, environments.dev.edge).rules?.slice(1)).toEqual([
    {
      to: [{ operation: { paths: ['/v1/stats'], methods: ['GET'] } }],
      when: [{ key: 'request.auth.claims[roles]', notValues: ['analyst'] }],
    },
  ]);
});

test('where no route is for anyone, nothing is open without a token', () => {
  const [enter] = exampleTopology.interactions;
  const closed: Topology = {
    ...exampleTopology,
    interactions: [{ ...enter, rpcs: { Enter: enter.rpcs.Enter } }],
  };
  expect(customerAuthorization(closed, environments.dev.edge).rules).toEqual([withoutToken]);
});

test('where plain HTTP is redirected, that comes before the question who asks', () => {
  const [anyone, ...roles] = customerAuthorization(topology, environments.prod.edge).rules ?? [];
  expect(anyone?.to?.map(({ operation }) => operation?.notPorts)).toEqual([['80'], ['80']]);
  expect(roles.flatMap(({ to }) => to?.map(({ operation }) => operation?.notPorts))).toEqual([['80']]);
});

test('a token is read from the header Authorization only, and is not passed on', () => {
  const { tokens } = environments.prod;
  expect(requestAuthentication(tokens).jwtRules).toEqual([
    {
      issuer: tokens.issuer,
      audiences: [tokens.audience],
      fromHeaders: [{ name: 'Authorization', prefix: 'Bearer ' }],
      outputPayloadToHeader: 'x-windlass-principal',
    },
  ]);
});
