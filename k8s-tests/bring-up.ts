import { up } from '../cluster/commands/up.ts';
import { readSettings } from '../cluster/settings.ts';

declare global {
  var broughtUp: Promise<void> | undefined;
}

/**
 * Brings the system up as this checkout has it, before the first file with cluster tests, which all run in one process.
 * The unit tests were before: a running cluster takes a sixth of two cores even if nothing asks it for anything.
 */
globalThis.broughtUp ??= up(readSettings(process.env));
await globalThis.broughtUp;
