import { expect, test } from 'vitest';
import { addRow } from './benchmark-log.ts';

test('the first row creates the table, further rows are added to it, and other sections stay unchanged', () => {
  const first = addRow('# Benchmarks\n', 'Synthesis', { date: '2026-11-21', ms: 5 });
  expect(first).toBe('# Benchmarks\n\n## Synthesis\n\n| date | ms |\n| --- | --- |\n| 2026-11-21 | 5 |\n');
  const other = addRow(first, 'Other', { date: '2026-11-22' });
  expect(addRow(other, 'Synthesis', { date: '2026-11-23', ms: 4 })).toBe(
    `${first}| 2026-11-23 | 4 |\n\n## Other\n\n| date |\n| --- |\n| 2026-11-22 |\n`,
  );
});
