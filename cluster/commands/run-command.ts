import type { Command } from 'commander';
import { CommandError } from '../run.ts';
import { UserError } from '../settings.ts';

/**
 * Runs a command. A failure that its user can act on is a line on stderr and exit code 1; wrong usage is exit code 2. Any
 * other failure is a defect of ours, and is thrown with its stack.
 */
export async function runCommand(command: Command): Promise<void> {
  try {
    await explainUsage(command).parseAsync();
  } catch (error) {
    if (!(error instanceof UserError || error instanceof CommandError)) throw error;
    console.error(`error: ${error.message}`);
    process.exitCode = 1;
  }
}

/** Lets wrong usage of a command or its subcommands name `--help`, and end this process with exit code 2. */
export function explainUsage(command: Command): Command {
  for (const one of [command, ...command.commands])
    one
      .showHelpAfterError('Add --help for the usage.')
      .exitOverride(({ exitCode }) => process.exit(exitCode === 0 ? 0 : 2));
  return command;
}
