/**
 * Tests that may be skipped, by their full name (`describe > test`), and why. Any other skipped test makes the run fail:
 * see harness/reporter.ts.
 */
export const allowedSkips: Readonly<Record<string, string>> = {};
