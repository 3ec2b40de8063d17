/**
 * The process that runs the port-forwards to an existing cluster. `kubectl port-forward` is bound to one pod and ends
 * with it, so this process starts it again. The process ends once its file is gone; `make down` removes that with
 * .windlass.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { lock } from 'proper-lockfile';
import { kubeconfig } from '../paths.ts';
import { type Forwards, forwardsFile } from './forwards.ts';

const { ingress, ingressTls, jaeger, prometheus, gateway } = JSON.parse(readFileSync(forwardsFile, 'utf8')) as Forwards;
const stopped = new AbortController();
const release = await lock(forwardsFile, { realpath: false, onCompromised: () => stopped.abort() });

async function forward(namespace: string, service: string, ports: string): Promise<void> {
  while (!stopped.signal.aborted) {
    const args = [
      '--kubeconfig',
      kubeconfig,
      '-n',
      namespace,
      'port-forward',
      '--address',
      '127.0.0.1',
      `service/${service}`,
      ports,
    ];
    const child = spawn('kubectl', args, { stdio: 'inherit', signal: stopped.signal });
    await once(child, 'close').catch(() => undefined);
    await sleep(500);
  }
}

const forwards = [
  forward(gateway.namespace, gateway.service, `${ingress}:80`),
  forward(gateway.namespace, gateway.service, `${ingressTls}:443`),
  forward('observability', 'jaeger-query', `${jaeger}:16686`),
  forward('observability', 'prometheus', `${prometheus}:9090`),
];
while (existsSync(forwardsFile) && !stopped.signal.aborted) await sleep(200);
stopped.abort();
await Promise.all(forwards);
await release().catch(() => undefined);
