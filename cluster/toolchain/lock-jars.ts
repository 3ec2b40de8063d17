/** Writes the checksums of all jars that the toolchain takes from Maven: `npm run lock:jars`. */
import { globSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { lockJars } from './jars.ts';

for (const pom of globSync('*/pom.xml', { cwd: import.meta.dirname }).sort())
  await lockJars(dirname(join(import.meta.dirname, pom)));
