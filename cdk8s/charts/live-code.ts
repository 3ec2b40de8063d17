import type { Service } from '../model/topology.ts';

export const CODE_FOLDER = '/app/services';

/**
 * What a service's process is made of. If it watched all of services/, each edit would restart every service.
 * @param name the service's, and that of its folder where the model names no other
 */
export function watchedPaths(name: string, { program = name, code = program }: Service): string[] {
  return ['main.ts', 'lib', 'contracts', code].map((path) => `${CODE_FOLDER}/${path}`);
}

/**
 * Starts the program again after each edit. It watches folders, in which Node sees files that are added, deleted and
 * re-created. By default Node watches the imported files, and never sees one again once it was deleted; this holds for
 * main.ts, which is watched as a file.
 */
export function watchCommand(name: string, service: Service): string[] {
  return [
    'node',
    ...watchedPaths(name, service).map((path) => `--watch-path=${path}`),
    // Node would clear the terminal of the person who reads the log.
    '--watch-preserve-output',
    '--import',
    `${CODE_FOLDER}/lib/observability/register.ts`,
    `${CODE_FOLDER}/main.ts`,
  ];
}

/**
 * Options of the tar that skaffold runs in the container for each edit. By default GNU tar deletes a file and creates a
 * new one: Node, which still watches the deleted file, would miss edits.
 */
export const TAR_OPTIONS = '--overwrite';
