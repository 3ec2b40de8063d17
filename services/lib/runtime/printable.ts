/** Escapes line ends and control characters, which a terminal would interpret. For text that others wrote. */
export function printable(text: string, longest = Number.POSITIVE_INFINITY): string {
  const escaped = text.replaceAll(/[\p{Cc}\p{Cf}]/gu, (character) => JSON.stringify(character).slice(1, -1));
  return escaped.length > longest ? `${escaped.slice(0, longest - 1)}…` : escaped;
}

/** `7 s`, `12 min`, `3 h`, `2 d`: the largest unit of which there is at least one. */
export function formatAge(seconds: number): string {
  const units = [
    ['d', 86_400],
    ['h', 3_600],
    ['min', 60],
  ] as const;
  const [name, unit] = units.find(([, size]) => seconds >= size) ?? ['s', 1];
  return `${Math.max(0, Math.floor(seconds / unit))} ${name}`;
}
