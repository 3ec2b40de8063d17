/**
 * True if Postgres stores the text as it is, in text and in jsonb: it is well-formed Unicode, because UTF-8 has no half
 * of a surrogate pair, and without U+0000, which Postgres cannot store.
 */
export function isStorable(text: string): boolean {
  return text.isWellFormed() && !text.includes('\0');
}

/** The text with U+FFFD in place of what Postgres cannot store. */
export function toStorable(text: string): string {
  return text.toWellFormed().replaceAll('\0', '\uFFFD');
}
