import { type ChildProcess, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, rmdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { childrenOf, identify } from '../../cluster/native/process.ts';
import { run } from '../../cluster/run.ts';
import { eventually } from '../harness/eventually.ts';
import { shellOf } from './node-shell.ts';

/** What is enough of a container: processes in a cgroup of its name, in PID and network namespaces of their own. */
let id = '';
let folder = '';
let outer: ChildProcess;
/** Its first process, as this host numbers it. */
let pid = 0;

const isUnified = existsSync('/sys/fs/cgroup/cgroup.controllers');
const program = 'echo 0 >$0/cgroup.procs; ip link set lo up; sleep 1000 & while :; do read -rt 0.05; done <> <(:)';
const node = shellOf(['bash']);
const never = new AbortController().signal;
const stateOf = (of: number) => /^State:\s+(\w)/m.exec(readFileSync(`/proc/${of}/status`, 'utf8'))?.[1];

/** As root only: a user may neither make a cgroup nor enter a network. */
describe.runIf(process.getuid?.() === 0)('a fault', () => {
  beforeEach(async () => {
    id = randomUUID();
    folder = join(isUnified ? '/sys/fs/cgroup' : '/sys/fs/cgroup/cpu', `container-${id}`);
    mkdirSync(folder);
    outer = spawn('unshare', ['--pid', '--net', '--fork', '--kill-child=SIGKILL', 'bash', '-c', program, folder], {
      stdio: 'ignore',
    });
    pid = await eventually(() => childrenOf(outer.pid ?? 0)[0] ?? Promise.reject(new Error('not started')), {
      intervalMs: 10,
    });
    await sleep(200);
  });
  afterEach(async () => {
    outer.kill('SIGKILL');
    await eventually(() => rmdirSync(folder), { intervalMs: 50 });
  });

  it('kills the first process of the container, and reports it as gone', async () => {
    expect(await node(['kill', id, ''], never)).toEqual([`gone ${pid}`]);
    expect(identify(pid)).toBeUndefined();
  });

  it('kills one program of the container', async () => {
    const lines = await node(['kill', id, 'sleep'], never);
    expect(lines.join()).toMatch(/gone/);
    expect(identify(pid)).toBeDefined();
  });

  it('freezes the whole container for a time, and resumes it', async () => {
    const frozen = node(['freeze', id, '', '1'], never);
    await eventually(() => expect(stateOf(pid)).toBe('T'));
    const lines = await frozen;
    expect(lines).toContain(`state ${pid} T`);
    expect(lines).toContain(`thawed ${pid} T`);
    expect(stateOf(pid)).not.toBe('T');
  });

  it('is reverted at once if it is canceled', async () => {
    const calledOff = new AbortController();
    const frozen = node(['freeze', id, '', '60'], calledOff.signal);
    await eventually(() => expect(stateOf(pid)).toBe('T'));
    calledOff.abort();
    expect(await frozen).toContain(`thawed ${pid} T`);
    expect(stateOf(pid)).not.toBe('T');
  });

  it('is reverted if its requester is killed', async () => {
    const shell = JSON.stringify(join(import.meta.dirname, 'node-shell.ts'));
    const script = `const { shellOf } = await import(${shell});
      await shellOf(['bash'])(['freeze', ${JSON.stringify(id)}, '', '60'], new AbortController().signal);`;
    const asking = spawn(process.execPath, ['--input-type=module', '--eval', script], { stdio: 'inherit' });
    await eventually(() => expect(stateOf(pid)).toBe('T'));
    asking.kill('SIGKILL');
    await eventually(() => expect(stateOf(pid)).not.toBe('T'), { timeoutMs: 5_000 });
  });

  it('cuts a connection, counts the dropped packets, and restores it', async () => {
    const inside = (...command: string[]) =>
      run('nsenter', ['--target', String(pid), '--net', ...command], { tolerant: true });
    const cut = node(['cut', id, '2', `test-${id}`, 'both', '127.0.0.1:5'], never);
    await eventually(async () => expect((await inside('iptables', '-S')).stdout).toContain(id));
    const lines = await cut;
    expect(lines.filter((line) => line.startsWith('rule'))).toHaveLength(2);
    expect(lines).toContain('silent 127.0.0.1:5');
    expect(lines.join()).toMatch(/dropped [1-9]/);
    expect(lines).toContain(`mended ${pid}`);
    expect((await inside('iptables', '-S')).stdout).not.toContain(id);
  });

  it('reports that it found no process', async () => {
    expect((await node(['kill', randomUUID(), ''], never)).join()).toMatch(/^none,exit code 1/);
  });
});
