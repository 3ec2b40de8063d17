import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { parseCommand } from './parse-command.ts';

describe('a command', () => {
  test.each([
    ['list', { kind: 'list', group: undefined }],
    ['list notifications', { kind: 'list', group: 'notifications' }],
    ['show notifications/17', { kind: 'show', ids: ['notifications/17'] }],
    ['drop notifications/17 analytics/3', { kind: 'drop', ids: ['notifications/17', 'analytics/3'] }],
    ['redrive notifications/17', { kind: 'redrive', ids: ['notifications/17'] }],
    ['redrive --all', { kind: 'redrive-matching', group: undefined, cause: undefined }],
    ['redrive --cause bad-data --group analytics', { kind: 'redrive-matching', group: 'analytics', cause: 'bad-data' }],
    ['redrive --help', undefined],
  ])('%s is understood', (line, command) => {
    expect(parseCommand(line.split(' '))).toEqual(command);
  });

  test.each([
    ['', 'Which command?'],
    ['eat', 'There is no command "eat".'],
    ['show', 'show takes one id.'],
    ['drop', 'drop takes an id, or several.'],
    ['redrive', 'redrive takes ids, or --all or --cause.'],
    ['redrive notifications/17 --all', 'redrive takes ids, or --all or --cause.'],
    ['list --all', '--all, --cause and --group go with redrive only.'],
    ['list --what', "Unknown option '--what'"],
  ])('"%s" is refused, and it says why', (line, reason) => {
    expect(() => parseCommand(line.split(' ').filter(Boolean))).toThrow(reason);
  });

  test('a cause that is none is refused, with those that there are', () => {
    expect(() => parseCommand(['redrive', '--cause', 'bad-date'])).toThrow(
      'There is no cause "bad-date". Known causes: not-a-cloudevent, unknown-version, bad-data, oversize, tombstone, ' +
        'attempts-exhausted, refused.',
    );
  });
});

test('each command of the runbook is one', () => {
  const runbook = readFileSync(join(import.meta.dirname, '../../docs/runbook.md'), 'utf8');
  const commands = [...runbook.matchAll(/`npm run dlq -- ([^`]+)`/g)].map(([, line = '']) => line.split(/\s+/));
  expect(commands.length).toBeGreaterThan(3);
  for (const command of commands) expect(parseCommand(command)).toBeDefined();
});
