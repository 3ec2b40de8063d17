/**
 * Adds a row to the table under a heading of a Markdown file, both made if they are missing.
 *
 * @param row what to say, by column; the columns of a table that is there already do not change
 */
export function addRow(markdown: string, heading: string, row: Readonly<Record<string, string | number>>): string {
  const title = `## ${heading}\n`;
  const columns = Object.keys(row);
  const before = markdown.includes(title)
    ? markdown
    : `${markdown.trimEnd()}\n\n${title}\n${lineOf(columns)}${lineOf(columns.map(() => '---'))}`.trimStart();
  const start = before.indexOf(title) + title.length;
  const next = before.indexOf('\n## ', start);
  const end = next === -1 ? before.length : next;
  return `${before.slice(0, end).trimEnd()}\n${lineOf(Object.values(row))}${before.slice(end)}`;
}

function lineOf(cells: readonly (string | number)[]): string {
  return `| ${cells.join(' | ')} |\n`;
}
