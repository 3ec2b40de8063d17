import { createHash } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { run } from '../run.ts';

/**
 * The file beside a pom.xml with the SHA-256 of each jar, in the format of `sha256sum`. Its paths are those of a Maven
 * repository, so they name group, artifact and version. `npm run lock:jars` writes it.
 */
export const JAR_LOCK = 'jars.sha256';

const HEADER = '# npm run lock:jars writes this file after a change of pom.xml.\n';

/** A jar's path in a Maven repository, `org/slf4j/slf4j-api/1.7.36/slf4j-api-1.7.36.jar` -> its SHA-256. */
export type JarLock = Readonly<Record<string, string>>;

/** @throws Error if a line has no checksum */
export function parseJarLock(text: string): JarLock {
  const lines = text.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  return Object.fromEntries(
    lines.map((line) => {
      const [, sha256 = '', path = ''] = line.match(/^([0-9a-f]{64}) {2}(\S+\.jar)$/) ?? [];
      if (path === '') throw new Error(`${JAR_LOCK}: "${line}" is not a SHA-256, two spaces and the path of a jar`);
      return [path, sha256];
    }),
  );
}

/**
 * Copies the jars of a pom.xml to a folder, flat, and checks each one.
 *
 * @param project the folder with pom.xml and its lock
 * @throws Error that names every jar that differs from the lock, is missing, or is not in the lock
 */
export async function copyJars(
  project: string,
  folder: string,
  options: { what: string; onLine: (line: string) => void },
): Promise<void> {
  await copyDependencies(project, [`-DoutputDirectory=${folder}`], options);
  const faults = await findDeviations(folder, parseJarLock(await readFile(join(project, JAR_LOCK), 'utf8')));
  if (faults.length > 0)
    throw new Error(
      `${options.what}: Maven's artifacts differ from ${join(project, JAR_LOCK)}:\n  ${faults.join('\n  ')}`,
    );
}

/** How the jars in a flat folder differ from a lock, one line for each jar that does. */
export async function findDeviations(folder: string, lock: JarLock): Promise<string[]> {
  const locked = new Map(Object.entries(lock).map(([path, sha256]) => [basename(path), sha256]));
  const found = new Map(
    await Promise.all((await jarsIn(folder)).map(async (jar) => [jar, await sha256Of(join(folder, jar))] as const)),
  );
  return [...new Set([...locked.keys(), ...found.keys()])].sort().flatMap((jar) => {
    const [expected, actual] = [locked.get(jar), found.get(jar)];
    if (expected === actual) return [];
    if (expected === undefined) return [`${jar} has no checksum there`];
    if (actual === undefined) return [`${jar} is missing`];
    return [`${jar} has the SHA-256 ${actual}, not ${expected}`];
  });
}

/** Resolves the jars of a pom.xml as Maven finds them now, and writes their lock beside it. */
export async function lockJars(project: string): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'windlass-jars-'));
  try {
    await copyDependencies(project, ['-Dmdep.useRepositoryLayout=true', `-DoutputDirectory=${folder}`], {});
    const jars = (await jarsIn(folder)).sort();
    const lines = await Promise.all(jars.map(async (jar) => `${await sha256Of(join(folder, jar))}  ${jar}\n`));
    await writeFile(join(project, JAR_LOCK), HEADER + lines.join(''));
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function copyDependencies(project: string, flags: readonly string[], options: object): Promise<void> {
  // Poms and plug-ins have Maven's own checksums only, with which a difference is an error instead of a warning.
  const goal = ['--batch-mode', '--quiet', '--strict-checksums', 'dependency:copy-dependencies'];
  await run('mvn', [...goal, ...flags], { cwd: project, ...options });
}

async function jarsIn(folder: string): Promise<string[]> {
  return (await readdir(folder, { recursive: true })).filter((file) => file.endsWith('.jar'));
}

async function sha256Of(file: string): Promise<string> {
  return createHash('sha256')
    .update(await readFile(file))
    .digest('hex');
}
