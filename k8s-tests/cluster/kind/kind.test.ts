import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { z } from 'zod';
import { root } from '../paths.ts';
import { kindConfig } from './kind.ts';

/** What the config uses of kind.x-k8s.io/v1alpha4; a key of another name or place is refused, as kind itself would. */
const schema = z.strictObject({
  kind: z.literal('Cluster'),
  apiVersion: z.literal('kind.x-k8s.io/v1alpha4'),
  networking: z.strictObject({ apiServerAddress: z.ipv4() }),
  nodes: z
    .array(
      z.strictObject({
        role: z.enum(['control-plane', 'worker']),
        image: z.string(),
        extraPortMappings: z.array(
          z.strictObject({ listenAddress: z.ipv4(), hostPort: z.int(), containerPort: z.int() }),
        ),
      }),
    )
    .length(1),
});

const config = schema.parse(parse(await kindConfig({ ingress: 9_081, jaeger: 9_687 })));
const [node] = config.nodes;
const read = (path: string): string => readFileSync(join(root, path), 'utf8');

test("the host's two ports lead to the node ports that the charts open", () => {
  const gateway = parse(read('charts/istio/gateway.yaml')) as { service: { ports: { nodePort: number }[] } };
  const jaeger = parse(read('charts/jaeger/values.yaml')) as { queryNodePort: number };
  expect(node?.extraPortMappings.map(({ hostPort, containerPort }) => [hostPort, containerPort])).toEqual([
    [9_081, gateway.service.ports[0]?.nodePort],
    [9_687, jaeger.queryNodePort],
  ]);
});

test('nothing listens where other machines reach it', () => {
  const addresses = node?.extraPortMappings.map(({ listenAddress }) => listenAddress) ?? [];
  expect(new Set([config.networking.apiServerAddress, ...addresses])).toEqual(new Set(['127.0.0.1']));
});

test('kind runs the Kubernetes and the Node that native runs', () => {
  const [, kubernetes] = read('k8s-tests/cluster/toolchain/kubernetes/go.mod').match(/^require \S+ (v\S+)$/m) ?? [];
  expect(node?.image).toBe(`docker.io/kindest/node:${kubernetes}`);
  const { devDependencies } = JSON.parse(read('package.json')) as { devDependencies: { node: string } };
  expect(read('services/Dockerfile')).toContain(`FROM node:${devDependencies.node}-slim\n`);
});
