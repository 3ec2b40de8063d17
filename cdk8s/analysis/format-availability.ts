import type { RouteAvailability } from './availability.ts';

const MINUTES_A_MONTH = 30 * 24 * 60;

/** A table for people: a line for each route, the columns aligned, with the minutes of 30 days in which it does not work. */
export function formatAvailability(routes: readonly RouteAvailability[]): string {
  const rows = [
    ['availability of', 'parts', 'without policies', '', 'with policies', ''],
    ...routes.map(({ route, parts, withoutPolicies, withPolicies }) => [
      route,
      String(parts),
      ...cellsOf(withoutPolicies),
      ...cellsOf(withPolicies),
    ]),
  ];
  const widths = rows[0]?.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0))) ?? [];
  return rows
    .map((row) =>
      row
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}

function cellsOf(availability: number): string[] {
  const minutesDown = (1 - availability) * MINUTES_A_MONTH;
  return [`${(availability * 100).toFixed(3)} %`, `${minutesDown.toFixed(1)} min down a month`];
}
