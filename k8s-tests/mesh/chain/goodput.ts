/** The seconds that a goodput must last, so that a lucky moment is no recovery. */
const lastingS = 5;

export const sumOf = (numbers: readonly number[]): number => numbers.reduce((sum, number) => sum + number, 0);

/**
 * The seconds until five seconds in a row have on average at least the wanted number of successes.
 *
 * @param succeeded successes by the second, from the end of the fault
 * @returns the start of those seconds; undefined if there are none
 */
export function recoverySeconds(succeeded: readonly number[], wanted: number): number | undefined {
  for (let second = 0; second + lastingS <= succeeded.length; second++) {
    if (sumOf(succeeded.slice(second, second + lastingS)) >= wanted * lastingS) return second;
  }
  return undefined;
}
