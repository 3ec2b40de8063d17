const needsRoot = 'only root makes cgroups and enters networks; the cluster tests that use faults need root, too';

/**
 * Tests that may be skipped, by their full name (`describe > test`), and why. Any other skipped test makes the run fail:
 * see harness/reporter.ts.
 */
export const allowedSkips: Readonly<Record<string, string>> = {
  'a fault > kills the first process of the container, and sees it gone': needsRoot,
  'a fault > kills one program of it': needsRoot,
  'a fault > freezes all of it for a time, and lets it go on': needsRoot,
  'a fault > is undone at once when it is called off': needsRoot,
  'a fault > is undone when whoever asked for it is killed': needsRoot,
  'a fault > cuts a connection, counts what it stopped, and mends it': needsRoot,
  'a fault > that finds nothing says so': needsRoot,
};
