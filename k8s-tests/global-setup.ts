import { down } from '../cluster/commands/down.ts';
import { isUp } from '../cluster/commands/running.ts';
import { readSettings } from '../cluster/settings.ts';

/** Removes a cluster that the run started (bring-up.ts), and leaves any other running. */
export default async function setup(): Promise<() => Promise<void>> {
  const settings = readSettings(process.env);
  const wasUp = await isUp(settings);
  return async () => {
    if (!wasUp) await down(settings);
  };
}
