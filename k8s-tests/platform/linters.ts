import { join } from 'node:path';
import { execa } from 'execa';
import { z } from 'zod';
import { programPath } from '../../cluster/kubernetes/kubectl.ts';
import { run } from '../../cluster/run.ts';
import { kubeconfigPath } from '../../cluster/state.ts';
import { tool } from '../../cluster/toolchain/tools.ts';
import type { Finding } from './findings.ts';

/**
 * What the API server warns of when it is given the manifests of a folder as `make up` gives them, without storing anything.
 * Rejects when it refuses one.
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

/** kube-score's grade of a check that has nothing to say. */
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

/** What kube-score, with all its optional checks, finds in manifests: `check: sentence`. The first use builds it. */
export async function scoreFiles(files: readonly string[]): Promise<readonly Finding[]> {
  const program = join(await tool('kube-score'), 'kube-score');
  const flags = ['--all-default-optional', '--kubernetes-version', KUBERNETES, '--output-format', 'json'];
  // It ends with 1 when it finds something critical.
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

/** What `istioctl analyze` finds in manifests by themselves: its message codes. Without a cluster it skips many analyzers. */
export function analyzeFiles(files: readonly string[]): Promise<readonly Finding[]> {
  return analyze(['--use-kube=false', ...files]);
}

/**
 * What `istioctl analyze` finds in the running cluster as it would be with these manifests applied, or, without any, as it is.
 *
 * @param namespaces where it looks; what others run in the cluster is theirs to answer for
 */
export async function analyzeCluster(
  namespaces: readonly string[],
  files: readonly string[] = [],
): Promise<readonly Finding[]> {
  // An object is `Kind namespace/name`, or `Kind name` where it has no namespace; of those, only namespaces are ours.
  const namespaceOf = (object: string): string => object.split(/[ /:]/)[1] ?? '';
  return (await analyze(files)).filter(({ object }) => namespaces.includes(namespaceOf(object)));
}

async function analyze(args: readonly string[]): Promise<readonly Finding[]> {
  // Without a namespace, files too are read only as far as they are about `default`.
  const flags = ['analyze', '--all-namespaces', '--output', 'json', '--output-threshold', 'Info', ...args];
  const options = { what: 'istioctl analyze', tolerant: true, env: { KUBECONFIG: kubeconfigPath() } };
  const { stdout } = await run(programPath('istioctl'), flags, options);
  return messagesSchema
    .parse(JSON.parse(stdout))
    .map(({ code, message, origin }) => ({ what: code, object: `${origin}: ${message}` }));
}
