/** Cuts a text of a stranger, such as a path, before it goes into a log line or an answer. */
export function shorten(text: string, maxLength = 200): string {
  return text.length <= maxLength ? text : `${text.slice(0, maxLength).toWellFormed()}…`;
}
