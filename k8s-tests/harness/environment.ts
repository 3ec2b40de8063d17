import { existsSync, readFileSync } from 'node:fs';
import { z } from 'zod';
import { kubeconfig, portsFile } from '../../cluster/paths.ts';
import type { Ports } from '../../cluster/settings.ts';

const portsSchema = z.object({ ingress: z.int().positive(), jaeger: z.int().positive() });

/** The ports on 127.0.0.1 of this checkout's cluster, as `make up` chose them. Fails when it is down. */
export function readPorts(): Ports {
  return portsSchema.parse(JSON.parse(readFileSync(existing(portsFile), 'utf8')));
}

/**
 * The kubeconfig that `make up` wrote, whatever cluster it is on, and never the user's own: these tests delete pods and
 * edit policies. Fails when the cluster is down.
 */
export function kubeconfigPath(): string {
  return existing(kubeconfig);
}

function existing(path: string): string {
  if (!existsSync(path)) throw new Error(`${path} is not there: start the cluster with "make up"`);
  return path;
}
