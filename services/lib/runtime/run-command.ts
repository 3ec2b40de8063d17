import { type Command, CommanderError } from 'commander';

/**
 * Parses the arguments of this process and runs the command. Sets the exit code: 0 for success and --help, 1 for a
 * failure, whose message goes to stderr, 2 for wrong usage.
 */
export async function runCommand(command: Command): Promise<void> {
  for (const one of [command, ...command.commands]) one.exitOverride();
  try {
    await command.parseAsync();
  } catch (error) {
    if (error instanceof CommanderError) {
      process.exitCode = error.exitCode === 0 ? 0 : 2;
      return;
    }
    console.error(error instanceof Error ? error.message : String(error));
    process.exitCode = 1;
  }
}
