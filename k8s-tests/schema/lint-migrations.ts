/** Checks the migrations of all services: `npm run lint:migrations`. The exit code is 1 if one breaks a rule. */
import { globSync, readFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { root } from '../../cluster/paths.ts';
import { lintMigration } from './lint-migration.ts';
import { released } from './released.ts';

const files = globSync('services/*/migrations/*.sql', { cwd: root }).sort();
const read = (file: string) => readFileSync(join(root, file), 'utf8');
let count = 0;
for (const file of files.filter((path) => !released.has(path))) {
  const earlier = files.filter((other) => dirname(other) === dirname(file) && other < file);
  for (const { line, rule, message } of await lintMigration(basename(file), read(file), earlier.map(read))) {
    console.error(`${file}:${line}  ${rule}: ${message}`);
    count++;
  }
}
for (const file of globSync('services/*/migrations/*', { cwd: root }).filter((path) => !path.endsWith('.sql'))) {
  console.error(`${file}  unknown: is not SQL, so no rule can read it`);
  count++;
}
const known = new Set(files);
for (const file of [...released].filter((path) => !known.has(path))) {
  console.error(`k8s-tests/schema/released.ts: ${file} does not exist`);
  count++;
}
if (count > 0) console.error(`\n${count} findings. docs/schema-changes.md says how to change a schema without them.`);
process.exitCode = count > 0 ? 1 : 0;
