/**
 * Tests that the values of kind fit Istio's charts, even where kind cannot run. On native, the test renders the charts
 * of the toolchain's Istio. On kind, it reads what `make up` has installed.
 */
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { helm } from '../../cluster/kubernetes/kubectl.ts';
import { root } from '../../cluster/paths.ts';
import { NODE_PORTS } from '../../cluster/ports.ts';
import { recallState } from '../../cluster/state.ts';
import { moduleFolder } from '../../cluster/toolchain/tools.ts';

interface KubernetesObject {
  readonly kind: string;
  readonly metadata: { readonly name: string };
  readonly data?: Readonly<Record<string, string>>;
}

async function readObjects(...args: readonly string[]): Promise<readonly KubernetesObject[]> {
  const { stdout } = await helm([...args, '--namespace', 'istio-system']);
  return parseAllDocuments(stdout).flatMap((document) => (document.toJS() as KubernetesObject | null) ?? []);
}

/**
 * The objects of one of Istio's Helm releases on kind.
 * @param chart its path in Istio's module
 * @param values files below charts/istio/
 */
async function objectsOfRelease(name: string, chart: string, ...values: readonly string[]) {
  if ((await recallState())?.target !== 'native') return readObjects('get', 'manifest', name);
  const folder = join(await moduleFolder('istio', 'istio.io/istio'), 'manifests/charts', chart);
  return readObjects('template', name, folder, ...values.flatMap((file) => ['-f', join(root, 'charts/istio', file)]));
}

const istiod = () => objectsOfRelease('istiod', 'istio-control/istio-discovery', 'istiod.yaml', 'images-kind.yaml');

describe("on kind, Istio's charts", () => {
  it('take their images from the public registry, all with one version', async () => {
    const text = JSON.stringify(await istiod());
    expect(text).toMatch(/"docker\.io\/istio\/pilot:1\.31\.\d+"/);
    expect(text).not.toContain('windlass/');
  });

  it('configure the mesh as the policies need it: no default retries, and traces to Jaeger', async () => {
    const config = (await istiod()).find(({ kind, metadata }) => kind === 'ConfigMap' && metadata.name === 'istio');
    expect(parseAllDocuments(config?.data?.mesh ?? '')[0]?.toJS()).toMatchObject({
      defaultHttpRetryPolicy: { attempts: 0 },
      enableTracing: true,
      extensionProviders: [{ name: 'jaeger', opentelemetry: { port: 4317 } }],
    });
  });

  it('open the gateway on the node ports that kind maps', async () => {
    const objects = await objectsOfRelease('istio-ingressgateway', 'gateway', 'gateway.yaml');
    expect(objects.find(({ kind }) => kind === 'Service')).toMatchObject({
      spec: {
        type: 'NodePort',
        ports: [
          { port: 80, nodePort: NODE_PORTS.ingress },
          { port: 443, nodePort: NODE_PORTS.ingressTls },
        ],
      },
    });
  });
});

it.each(['postgres', 'jaeger', 'prometheus'])('on kind, our chart of %s runs a public image', async (name) => {
  const objects = await readObjects('template', name, join(root, 'charts', name));
  const workload = objects.find(({ kind }) => ['Deployment', 'StatefulSet'].includes(kind));
  expect(JSON.stringify(workload)).toMatch(/"image":"docker\.io\/(?!windlass)/);
});

it.each(['postgres', 'jaeger', 'monitoring', 'prometheus'])(
  'two renders of our chart of %s are the same',
  async (name) => {
    const render = () => helm(['template', name, join(root, 'charts', name)]);
    expect((await render()).stdout).toBe((await render()).stdout);
  },
);
