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
  return `${blocks.map((block) => (block.startsWith('|') ? block : wrap(block))).join('\n\n')}\n`;
}

/** Breaks lines of more than 118 columns at spaces; an editor shows them as one paragraph. */
export function wrap(text: string): string {
  return text.replaceAll(/(?=.{119})(.{1,118}) /g, '$1\n');
}
