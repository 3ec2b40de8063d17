import { join } from 'node:path';
import { execa } from 'execa';
import { z } from 'zod';
import { programPath } from '../../cluster/kubernetes/kubectl.ts';
import { run } from '../../cluster/run.ts';
import { kubeconfigPath } from '../../cluster/state.ts';
import { tool } from '../../cluster/toolchain/tools.ts';
import type { Finding } from './findings.ts';

/**
 * The API server's warnings in a dry run of applying a folder's manifests as `make up` does. Throws if it rejects one.
 */
export async function dryRun(folder: string): Promise<readonly Finding[]> {
  const flags = [
    '--server-side',
    '--force-conflicts',
    '--field-manager=windlass',
    '--dry-run=server',
    '--validate=strict',
  ];
  const env = { KUBECONFIG: kubeconfigPath() };
  const { stderr } = await execa(programPath('kubectl'), ['apply', ...flags, '--filename', folder], { env });
  return stderr
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => ({ what: line.replace(/^Warning: /, ''), object: folder }));
}

/** kube-score's grade of a check without findings. */
const FLAWLESS = 10;
const KUBERNETES = 'v1.36';

const scoresSchema = z.array(
  z.object({
    object_name: z.string(),
    checks: z.array(
      z.object({
        check: z.object({ id: z.string() }),
        grade: z.number(),
        skipped: z.boolean(),
        comments: z.array(z.object({ path: z.string(), summary: z.string() })).nullable(),
      }),
    ),
  }),
);

/** The findings of kube-score, with all optional checks, as `check: message`. Its first use builds it. */
export async function scoreFiles(files: readonly string[]): Promise<readonly Finding[]> {
  const program = join(await tool('kube-score'), 'kube-score');
  const flags = ['--all-default-optional', '--kubernetes-version', KUBERNETES, '--output-format', 'json'];
  // It exits with 1 if it finds something critical.
  const { stdout } = await run(program, ['score', ...flags, ...files], { what: 'kube-score', tolerant: true });
  return scoresSchema.parse(JSON.parse(stdout)).flatMap(({ object_name: object, checks }) =>
    checks
      .filter(({ grade, skipped }) => grade < FLAWLESS && !skipped)
      .flatMap(({ check, comments }) =>
        (comments ?? [{ path: '', summary: 'bad grade' }]).map(({ path, summary }) => ({
          what: `${check.id}: ${summary}`,
          object: path === '' ? object : `${object} (${path})`,
        })),
      ),
  );
}

const messagesSchema = z.array(z.object({ code: z.string(), message: z.string(), origin: z.string().default('?') }));

/** The message codes of `istioctl analyze` for manifests alone. Without a cluster, it skips many analyzers. */
export function analyzeFiles(files: readonly string[]): Promise<readonly Finding[]> {
  return analyze(['--use-kube=false', ...files]);
}

/**
 * The message codes of `istioctl analyze` for the running cluster, as if these manifests were applied to it.
 *
 * @param namespaces whose messages count; other workloads in the cluster are not ours
 */
export async function analyzeCluster(
  namespaces: readonly string[],
  files: readonly string[] = [],
): Promise<readonly Finding[]> {
  // An object is `Kind namespace/name`, or `Kind name` if it has no namespace. Of the latter, only namespaces are ours.
  const namespaceOf = (object: string): string => object.split(/[ /:]/)[1] ?? '';
  return (await analyze(files)).filter(({ object }) => namespaces.includes(namespaceOf(object)));
}

async function analyze(args: readonly string[]): Promise<readonly Finding[]> {
  // Without this flag, it reads only the objects in `default`, even from files.
  const flags = ['analyze', '--all-namespaces', '--output', 'json', '--output-threshold', 'Info', ...args];
  const options = { what: 'istioctl analyze', tolerant: true, env: { KUBECONFIG: kubeconfigPath() } };
  const { stdout } = await run(programPath('istioctl'), flags, options);
  return messagesSchema
    .parse(JSON.parse(stdout))
    .map(({ code, message, origin }) => ({ what: code, object: `${origin}: ${message}` }));
}
