import { basename, dirname, join } from 'node:path';
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
    file_name: z.string(),
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

/**
 * The findings of kube-score, with all optional checks, as `check: message`, in objects such as
 * `dev Deployment shop/orders`: the file's folder, kind, namespace and name. Its first use builds it.
 */
export async function scoreFiles(files: readonly string[]): Promise<readonly Finding[]> {
  const program = join(await tool('kube-score'), 'kube-score');
  const flags = ['--all-default-optional', '--kubernetes-version', KUBERNETES, '--output-format', 'json'];
  // It exits with 1 if it finds something critical.
  const { stdout } = await run(program, ['score', ...flags, ...files], { what: 'kube-score', tolerant: true });
  return scoresSchema.parse(JSON.parse(stdout)).flatMap(({ object_name: object, file_name: file, checks }) => {
    const [kind = '', ...path] = object.split('/');
    const title = `${basename(dirname(file))} ${kind} ${path.slice(-2).join('/')}`;
    return checks
      .filter(({ grade, skipped }) => grade < FLAWLESS && !skipped)
      .flatMap(({ check, comments }) =>
        (comments ?? [{ path: '', summary: 'bad grade' }]).map(({ path, summary }) => ({
          what: `${check.id}: ${summary}`,
          object: path === '' ? title : `${title} (${path})`,
        })),
      );
  });
}

const checkovSchema = z.object({
  results: z.object({
    failed_checks: z.array(
      z.object({ check_id: z.string(), check_name: z.string(), resource: z.string(), file_path: z.string() }),
    ),
  }),
  summary: z.object({ resource_count: z.number(), parsing_errors: z.number() }),
});

/**
 * The findings of checkov in all manifests below a folder, as `check: name`, in objects such as
 * `dev Deployment shop/orders`. Without the network. Its first use downloads it.
 */
export async function checkFolder(folder: string): Promise<readonly Finding[]> {
  const env = { PYTHONPATH: await tool('checkov'), CKV_SKIP_PACKAGE_UPDATE_CHECK: 'true' };
  const flags = ['--framework', 'kubernetes', '--skip-download', '--soft-fail', '--quiet', '--compact'];
  const args = ['-m', 'checkov.main', ...flags, '--output', 'json', '--directory', folder];
  const { stdout } = await run('python3', args, { what: 'checkov', env });
  const { results, summary } = checkovSchema.parse(JSON.parse(stdout));
  if (summary.parsing_errors > 0 || summary.resource_count === 0)
    throw new Error(
      `checkov read ${summary.resource_count} objects and failed to read ${summary.parsing_errors} files`,
    );
  return results.failed_checks.map(({ check_id: id, check_name: name, resource, file_path: file }) => {
    const [kind, namespace, object] = resource.split('.');
    return { what: `${id}: ${name}`, object: `${basename(dirname(file))} ${kind} ${namespace}/${object}` };
  });
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
