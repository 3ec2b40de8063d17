/**
 * Adds a row to the table under a heading of a Markdown file. Creates the heading and the table if they are missing.
 *
 * @param row the cells by column; an existing table keeps its columns
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
