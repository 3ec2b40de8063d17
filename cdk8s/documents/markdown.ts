import { markdownTable } from 'markdown-table';

/** A GFM table. Columns are not padded, so that a changed cell changes one line. */
export function table(header: readonly string[], rows: readonly (readonly string[])[]): string {
  const escaped = [header, ...rows].map((row) => row.map((cell) => cell.replaceAll('|', '\\|')));
  return markdownTable(escaped, { alignDelimiters: false });
}

export function code(text: string): string {
  return `\`${text}\``;
}

/** 300 ms, 6.5 s, 60 s: as a person says it. */
export function formatMs(milliseconds: number): string {
  return milliseconds < 1_000 ? `${milliseconds} ms` : `${milliseconds / 1_000} s`;
}

/** Paragraphs, tables and headings with an empty line in between, and a line break at the end. */
export function joinBlocks(blocks: readonly string[]): string {
  return `${blocks.join('\n\n')}\n`;
}
