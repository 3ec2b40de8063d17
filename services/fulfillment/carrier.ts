/** The countries that the carrier does not serve, in ISO 3166. */
const notServed: ReadonlySet<string> = new Set(['AQ']);

/**
 * The reason why the carrier does not ship to a country.
 * @param country ISO 3166, two capital letters
 * @returns undefined if the carrier ships there
 */
export function rejectionReason(country: string): string | undefined {
  return notServed.has(country) ? `the carrier does not serve ${country}` : undefined;
}
