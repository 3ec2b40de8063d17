import { expect, test } from 'vitest';
import type { Topology } from '../model/topology.ts';
import { exampleTopology } from '../testing/example.ts';
import { topology } from '../topology.ts';
import { drawTopology } from './topology-picture.ts';

const textsOf = (svg: string) =>
  [...svg.matchAll(/<text[^>]*>([^<]*)</g)].map(([, text = '']) => text.replaceAll('&#45;', '-'));

test('the picture shows every service, RPC and topic, each call as a solid arrow and each event as a dashed one', async () => {
  const svg = await drawTopology(topology);
  const rpcs = topology.interactions.flatMap((one) => (one.style === 'sync' ? Object.keys(one.rpcs) : []));
  const topics = topology.interactions.flatMap((one) => (one.style === 'async' ? [one.topic] : []));
  expect(textsOf(svg)).toEqual(expect.arrayContaining([...Object.keys(topology.services), ...rpcs, ...topics]));
  const arrows = [...svg.matchAll(/<g id="edge\d+" class="edge">.*?<path[^>]*>/gs)].map(([arrow]) => arrow);
  const dashed = arrows.filter((arrow) => arrow.includes('stroke-dasharray'));
  // The client's call of the gateway, and one for each dependency.
  expect(arrows.length - dashed.length).toBe(1 + topology.interactions.filter(({ style }) => style === 'sync').length);
  // Four topics with one producer each, and four consumers.
  expect(dashed).toHaveLength(8);
});

test('the same topology gives the same picture, another topology another one', async () => {
  const example: Topology = exampleTopology;
  expect(await drawTopology(example)).toBe(await drawTopology(example));
  const fewer = { ...example, interactions: example.interactions.slice(1) };
  expect(await drawTopology(fewer)).not.toBe(await drawTopology(example));
});
