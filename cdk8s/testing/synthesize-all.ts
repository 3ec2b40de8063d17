import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll } from 'vitest';
import { synthesize } from '../commands/synthesize.ts';
import { environments } from '../environments.ts';
import { planMesh } from '../mesh/plan.ts';
import { topologyIn } from '../model/topology-in.ts';
import { limits, policies } from '../policies.ts';
import { saga } from '../saga.ts';
import { topology } from '../topology.ts';
import { readManifests } from './read-manifests.ts';

interface Container {
  name: string;
  args?: string[];
  command?: string[];
  env?: { name: string; value?: string; valueFrom?: unknown }[];
  ports?: { name: string; containerPort: number }[];
  lifecycle?: unknown;
  securityContext: Record<string, unknown>;
  resources: { requests: Record<string, string>; limits: Record<string, string> };
  volumeMounts: { name: string; mountPath: string }[];
}

interface Manifest {
  kind: string;
  metadata: { name: string; namespace?: string; labels?: Record<string, string> };
  spec: {
    replicas: number;
    selector: unknown;
    ports: unknown;
    egress?: unknown[];
    strategy: unknown;
    template: {
      metadata: { labels: Record<string, string>; annotations?: Record<string, string> };
      spec: Record<string, unknown> & {
        containers: Container[];
        initContainers?: Container[];
        volumes: unknown[];
        affinity?: { podAntiAffinity: { preferredDuringSchedulingIgnoredDuringExecution: unknown[] } };
      };
    };
    kafka: { template: { pod: { topologySpreadConstraints?: { topologyKey: string }[] } } };
  };
}

/**
 * Synthesizes every environment for a file's tests.
 * @returns the folder, which has a folder for each environment, and what reads the manifests of one
 */
export function synthesizeAll() {
  const folder = mkdtempSync(join(tmpdir(), 'windlass-synth-'));
  afterAll(() => rmSync(folder, { recursive: true }));
  for (const [name, environment] of Object.entries(environments)) {
    const ofEnvironment = topologyIn(environment, topology);
    const plan = planMesh({ topology: ofEnvironment, policies, limits, saga }, [{ each: 1 }]);
    synthesize({ topology: ofEnvironment, plan, environment, outFolder: join(folder, name) });
  }
  const read = (environment: string) => readManifests(join(folder, environment)) as unknown as Manifest[];
  return { folder, read };
}
