/**
 * The fields of errors that say what failed, of Node, pg, kafkajs and gRPC. pg's `detail`, `where`, `hint` and
 * `internalQuery` quote rows, gRPC's `metadata` and an HTTP parser's `body` have what a stranger sent.
 */
const loggedFields = [
  ...['code', 'errno', 'syscall', 'address', 'port', 'hostname', 'signal', 'exitCode'],
  ...['severity', 'schema', 'table', 'column', 'constraint', 'routine', 'broker', 'retriable'],
] as const;

/** Limits, so that an error that contains itself, or thousands of others, makes no long line. */
const maxDepth = 5;
const maxErrors = 5;

/** An error as logs have it: its type, message, codes, places in the schema, stack and causes, but never any data. */
export function serializeError(error: Error, depth = 0): Record<string, unknown> {
  const fields = loggedFields.flatMap((name) => {
    const value = (error as unknown as Record<string, unknown>)[name];
    return ['string', 'number', 'boolean'].includes(typeof value) ? [[name, value]] : [];
  });
  const nest = (nested: unknown) => (nested instanceof Error ? serializeError(nested, depth + 1) : typeof nested);
  const isNested = depth < maxDepth;
  return {
    type: error.name === 'Error' || error.name === 'error' ? error.constructor.name : error.name,
    message: messageOf(error),
    ...Object.fromEntries(fields),
    stack: framesOf(error),
    ...(isNested && error.cause !== undefined && { cause: nest(error.cause) }),
    ...(isNested && error instanceof AggregateError && { errors: error.errors.slice(0, maxErrors).map(nest) }),
  };
}

/** What was thrown as one line, for span statuses and the reasons of dead-letter messages. It quotes no data. */
export function describeError(thrown: unknown): string {
  return thrown instanceof Error ? `${thrown.name}: ${messageOf(thrown)}` : typeof thrown;
}

/**
 * The message, unless it quotes what could not be parsed: those of JSON.parse and BigInt do, and those of Postgres may.
 */
function messageOf(error: Error): string {
  if (error instanceof SyntaxError) return 'the text cannot be parsed';
  if ('severity' in error && 'routine' in error) return `Postgres answered ${'code' in error ? error.code : ''}`;
  return error.message;
}

/** V8 puts the message before the frames. */
function framesOf({ stack }: Error): string {
  return (stack ?? '')
    .split('\n')
    .filter((line) => /^ {4}at /.test(line))
    .join('\n');
}
