import { down } from '../cluster/commands/down.ts';
import { isUp } from '../cluster/commands/running.ts';
import { up } from '../cluster/commands/up.ts';
import { readSettings } from '../cluster/settings.ts';

/** Brings the system up as this checkout has it. It removes a cluster that it started and leaves any other running. */
export default async function setup(): Promise<() => Promise<void>> {
  const settings = readSettings(process.env);
  const wasUp = await isUp(settings);
  await up(settings);
  return async () => {
    if (!wasUp) await down(settings);
  };
}
