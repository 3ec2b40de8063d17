/** ISO 3166: where the carrier does not go. */
const notServed: ReadonlySet<string> = new Set(['AQ']);

/** Why the carrier will not ship to a country; undefined: it will. @param country ISO 3166, two capital letters */
export function refusalOf(country: string): string | undefined {
  return notServed.has(country) ? `the carrier does not serve ${country}` : undefined;
}
