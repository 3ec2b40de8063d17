import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterAll, expect, it } from 'vitest';
import { tool } from '../../cluster/toolchain/tools.ts';
import { openapi } from '../../services/orders/openapi/openapi.ts';
import { everyone, manyLike, tokenOf } from '../harness/tokens.ts';
import { useCluster } from '../harness/use-cluster.ts';

const { cluster } = useCluster();
const folder = mkdtempSync(join(tmpdir(), 'windlass-openapi-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** For each operation and phase. */
const examples = 500;
const seed = 2_611;

/**
 * Not the checks of 405 and of its header Allow, which the gateway does not send, and not whether every valid document is
 * accepted: the document has no words for all rules, such as that a SKU occurs once.
 */
const checks = [
  'not_a_server_error',
  'status_code_conformance',
  'content_type_conformance',
  'response_headers_conformance',
  'response_schema_conformance',
  'negative_data_rejection',
  'missing_required_header',
  'use_after_free',
  'ensure_resource_availability',
];

/** schemathesis builds values by Python's expressions, which do not know Unicode's properties. */
function withoutProperties(document: unknown): string {
  return JSON.stringify(document, (key, value: unknown) =>
    key === 'pattern' && typeof value === 'string' && value.includes('\\p{') ? undefined : value,
  );
}

/**
 * Gives each request the token of one of many customers, because the gateway limits what one may send; except to one that
 * is to have none.
 */
const hooks = `
import itertools, os, schemathesis

tokens = itertools.cycle(os.environ["TOKENS"].split())

@schemathesis.hook
def before_call(context, case, kwargs):
    data = case.meta and case.meta.phase.data
    is_missing = getattr(getattr(data, "scenario", None), "name", None) == "MISSING_PARAMETER"
    if not (is_missing and data.parameter == "Authorization"):
        case.headers["Authorization"] = "Bearer " + next(tokens)
`;

it('the gateway keeps to the OpenAPI document, whatever schemathesis makes of it', { timeout: 1_200_000 }, async () => {
  const document = join(folder, 'openapi.json');
  writeFileSync(document, withoutProperties(openapi));
  writeFileSync(join(folder, 'hooks.py'), hooks);
  const tokens = await Promise.all(manyLike(everyone).map(tokenOf));
  const packages = await tool('schemathesis');
  const { exitCode, all } = await execa(
    'python3',
    [
      ...['-m', 'schemathesis.cli', 'run', document, '--url', cluster.ingressUrl, '--no-color'],
      ...['--checks', checks.join(), '--max-examples', String(examples), '--seed', String(seed)],
      ...['--suppress-health-check', 'all', '--generation-database', 'none'],
    ],
    {
      cwd: folder,
      env: { PYTHONPATH: packages, SCHEMATHESIS_HOOKS: 'hooks', TOKENS: tokens.join(' ') },
      all: true,
      reject: false,
    },
  );
  console.log(all.slice(-3_000));
  expect(exitCode).toBe(0);
});
