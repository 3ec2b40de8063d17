import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { versions } from '../versions.ts';
import { findDeviations, JAR_LOCK, parseJarLock } from './jars.ts';

// printf content | sha256sum
const SHA256_OF_CONTENT = 'ed7002b439e9ac845f22357d822bac1444730fbdb6016d3ec9432297b9ec9f73';
const CONTENT = 'content';
const lock = { 'org/example/a/1/a-1.jar': SHA256_OF_CONTENT };

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'windlass-jars-test-'));
});
afterEach(() => rm(folder, { recursive: true }));

describe('the jars that Maven brings', () => {
  test('pass if each one is what the lock says', async () => {
    await writeFile(join(folder, 'a-1.jar'), CONTENT);
    expect(await findDeviations(folder, lock)).toEqual([]);
  });

  test('do not pass if one has other content', async () => {
    await writeFile(join(folder, 'a-1.jar'), 'tampered');
    expect(await findDeviations(folder, lock)).toEqual([
      expect.stringMatching(`^a-1.jar has the SHA-256 [0-9a-f]{64}, not ${SHA256_OF_CONTENT}$`),
    ]);
  });

  test('do not pass if one is missing, or is one that the lock does not know', async () => {
    await writeFile(join(folder, 'b-1.jar'), CONTENT);
    expect(await findDeviations(folder, lock)).toEqual(['a-1.jar is missing', 'b-1.jar has no checksum there']);
  });
});

test('a line of the lock without a checksum is an error that quotes it', () => {
  expect(() => parseJarLock('abc  a.jar\n')).toThrow('"abc  a.jar" is not a SHA-256');
});

test.each([
  ['kafka', `org/apache/kafka/kafka_2.13/${versions.kafka}/kafka_2.13-${versions.kafka}.jar`],
  ['strimzi', `io/strimzi/api/${versions.strimzi}/api-${versions.strimzi}.jar`],
])('the lock of %s is one of the version in its pom', async (name, jar) => {
  const locked = parseJarLock(await readFile(join(import.meta.dirname, name, JAR_LOCK), 'utf8'));
  expect(Object.keys(locked)).toContain(jar);
});
