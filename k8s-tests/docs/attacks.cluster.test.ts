/** Runs the attacks of docs/security.md, and compares each answer with what the document shows. */
import { afterAll, expect, it } from 'vitest';
import { deleteNamespace } from '../harness/kubectl.ts';
import { runSection } from './run-section.ts';

// The document does so, too, unless one of its commands fails before.
afterAll(() => deleteNamespace('stranger'));

it('each of the twenty attacks is refused as documented', async () => {
  expect(await runSection('docs/security.md', /Twenty attacks/)).toEqual([]);
}, 300_000);
