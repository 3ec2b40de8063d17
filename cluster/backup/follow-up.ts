import type { Backup } from './folder.ts';

/** What clocks and open transactions may differ by. */
const MARGIN_MS = 60_000;

/** What is to be done after a restore, for people. */
export function followUp({ databases }: Backup): string {
  const moments = databases.map(({ at }) => Date.parse(at));
  const [first, last] = [Math.min(...moments), Math.max(...moments)].map((ms) => new Date(ms).toISOString());
  const since = new Date(Math.min(...moments) - MARGIN_MS).toISOString();
  return [
    `Restored ${databases.map(({ name }) => name).join(', ')}, as of ${first} to ${last}.`,
    'Once the services run, have them told again what they may have lost. If consumers lagged then, subtract the lag:',
    `  npm run saga -- repeat --since ${since} --reason "restored the backup of ${first}"`,
    'Orders that were placed later are lost: compare the ledger of the acquirer with the orders (docs/runbook.md).',
  ].join('\n');
}

/** What is to be done if the databases were restored and a later step failed, such as the start of the services. */
export function followUpOfFailure(backup: Backup, error: unknown): string {
  return [
    `the databases are restored, but then: ${error instanceof Error ? error.message : error}`,
    'Do not restore again. Start the services with `make up`, or apply the manifests.',
    followUp(backup),
  ].join('\n');
}
