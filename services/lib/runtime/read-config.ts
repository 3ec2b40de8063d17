import { z } from 'zod';

/** The environment cannot be used. The message has one line for each missing or wrong variable. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
}

/**
 * Reads the environment once. An empty variable counts as missing. No variable has a secret, so wrong values are shown.
 * @throws ConfigError naming every missing or wrong variable at once
 */
export function readConfig<Shape extends z.ZodRawShape>(
  shape: Shape,
  env: Readonly<Record<string, string | undefined>>,
): z.output<z.ZodObject<Shape>> {
  const present = Object.fromEntries(Object.entries(env).filter(([, value]) => value !== undefined && value !== ''));
  const result = z.object(shape).safeParse(present);
  if (result.success) return result.data;
  const lines = result.error.issues.map((issue) => {
    const name = String(issue.path[0]);
    const value = present[name];
    if (value === undefined) return `${name} is missing`;
    return `${name} is ${JSON.stringify(value)}, but ${issue.message}`;
  });
  throw new ConfigError(`The environment is not usable:\n  ${lines.join('\n  ')}`);
}
