import type { Command } from 'commander';
import { CommandError } from '../run.ts';
import { UserError } from '../settings.ts';

/**
 * Runs a command. A failure that its user can act on is a line on stderr and exit code 1. Any other is a defect of ours,
 * and is thrown with its stack.
 */
export async function runCommand(command: Command): Promise<void> {
  try {
    await command.parseAsync();
  } catch (error) {
    if (!(error instanceof UserError || error instanceof CommandError)) throw error;
    console.error(`error: ${error.message}`);
    process.exitCode = 1;
  }
}
