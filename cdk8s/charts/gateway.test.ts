import { App } from 'cdk8s';
import { expect, test } from 'vitest';
import { environments } from '../environments.ts';
import { GATEWAY, type Topology } from '../model/topology.ts';
import { topology } from '../topology.ts';
import { GatewayChart } from './gateway.ts';

const kindsOf = (ofTopology: Topology): readonly string[] =>
  new GatewayChart(new App(), 'edge', ofTopology, environments.dev).toJson().map(({ kind }) => kind);

test('a topology whose gateway calls no service has no Gateway, because Istio rejects one without hosts', () => {
  const isInner = (interaction: Topology['interactions'][number]) =>
    interaction.style === 'async' || interaction.caller !== GATEWAY;
  expect(kindsOf(topology)).toContain('Gateway');
  expect(kindsOf({ ...topology, interactions: topology.interactions.filter(isInner) })).not.toContain('Gateway');
});
