import fc from 'fast-check';
import { ROLES } from '../../model/topology.ts';
import { type RandomModel, soundModel } from './sound-model.ts';

type Entry = readonly [key: string, value: unknown];
/** What becomes of one entry of a record, or item of a list: itself changed, nothing, or several. */
type Change = (entry: Entry) => readonly Entry[];
type Path = readonly string[];

const ODD_NUMBERS = [
  0,
  -1,
  1,
  1.5,
  99,
  100,
  101,
  2 ** 31 - 1,
  2 ** 31,
  2 ** 53,
  1e300,
  -Infinity,
  Infinity,
  Number.NaN,
];
const ODD_NAMES = [
  ...['', ' ', 'A', 'a.b', 'a_b', '-a', 'a-', '1', 'ä', 'a\n', 'gateway', 'a-gateway', 'a-from-b', 'x'.repeat(64)],
  ...[
    'constructor',
    '__proto__',
    'toString',
    'hasOwnProperty',
    'b.Ask',
    '.',
    '/',
    '/{id}',
    '/{}',
    '/v1/(',
    '*.example',
  ],
];

/** The fields whose string is a name, a path or a host, so that the type permits any text. */
const NAMES = ['namespace', 'database', 'host', 'path', 'caller', 'callee', 'producer', 'topic', 'calls', 'consumers'];
const RECORDS = ['services', 'topics', 'rpcs', 'policies', 'of'];
const OPTIONAL = ['method', 'external', 'of', 'access'];
const CHOICES: Readonly<Record<string, readonly string[]>> = {
  idempotency: ['safe', 'by-key', 'none'],
  afterTimeout: ['callee-stops', 'callee-carries-on'],
  method: ['GET', 'POST'],
  access: ['anyone', 'customer', ...ROLES],
  serves: ['http', 'grpc', 'nothing'],
  conditions: ['unavailable', 'connect-failure', 'reset', '5xx'],
};

/**
 * Sound models with up to six things changed in them that the compiler would not notice: odd numbers and names, parts
 * that are missing or twice.
 */
export const bentModel: fc.Arbitrary<RandomModel> = fc.gen().map((draw) => {
  let bent = draw(soundModel);
  for (let left = draw(fc.integer, { min: 1, max: 6 }); left > 0; left--) {
    const { path, change } = draw(drawBend, bent);
    bent = bend(bent, path, change) as RandomModel;
  }
  return bent;
});

function drawBend(model: RandomModel): fc.Arbitrary<{ readonly path: Path; readonly change: Change }> {
  const names = [...ODD_NAMES, ...namesIn(model)];
  const places = findPlaces(model);
  return fc
    .constantFrom(...places)
    .chain(({ path, value }) => fc.record({ path: fc.constant(path), change: drawChange(path, value, names) }));
}

function drawChange(path: Path, value: unknown, names: readonly string[]): fc.Arbitrary<Change> {
  const [holder = '', key = ''] = path.slice(-2);
  const kind = /^\d+$/.test(key) ? holder : key;
  const replace = (values: fc.Arbitrary<unknown>) =>
    values.map(
      (other): Change =>
        ([at]) => [[at, other]],
    );
  const choices = CHOICES[kind];
  return fc.oneof(
    ...(typeof value === 'number' ? [replace(fc.constantFrom(...ODD_NUMBERS)), replace(fc.double())] : []),
    ...(typeof value === 'string' && NAMES.includes(kind)
      ? [replace(fc.constantFrom(...names)), replace(fc.string())]
      : []),
    ...(typeof value === 'string' && choices ? [replace(fc.constantFrom(...choices))] : []),
    ...(RECORDS.includes(holder)
      ? [
          fc.constantFrom(...names).map(
            (name): Change =>
              ([, part]) => [[name, part]],
          ),
        ]
      : []),
    ...(RECORDS.includes(holder) || OPTIONAL.includes(key) ? [fc.constant<Change>(() => [])] : []),
    ...(/^\d+$/.test(key)
      ? [
          fc.constantFrom<Change>(
            () => [],
            (entry) => [entry, entry],
          ),
        ]
      : []),
    // If none of these fits, the model stays as it is.
    fc.constant<Change>((entry) => [entry]),
  );
}

/** Every entry and item of the model, at any depth. */
function findPlaces(value: unknown, path: Path = []): { readonly path: Path; readonly value: unknown }[] {
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, part]) => {
    const place = [...path, key];
    return [{ path: place, value: part }, ...findPlaces(part, place)];
  });
}

/** Names in use. A name that replaces another one makes two things the same, or makes calls go in rings. */
function namesIn({ model: { topology } }: RandomModel): string[] {
  const callees = topology.interactions.flatMap((interaction) =>
    interaction.style === 'sync' ? Object.keys(interaction.rpcs).map((rpc) => `${interaction.callee}.${rpc}`) : [],
  );
  return [...Object.keys(topology.services), ...callees];
}

function bend(value: unknown, [key = '', ...rest]: Path, change: Change): unknown {
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).flatMap((entry): readonly Entry[] => {
    if (entry[0] !== key) return [entry];
    return rest.length > 0 ? [[key, bend(entry[1], rest, change)]] : change(entry);
  });
  return Array.isArray(value) ? entries.map(([, item]) => item) : Object.fromEntries(entries);
}
