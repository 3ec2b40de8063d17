const unitsMs = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000 } as const satisfies Record<string, number>;

/** Reads a duration as Istio and Envoy write them: `300ms`, `0.300s`, `1m`. */
export function readDurationMs(text: string): number {
  const [, value, unit] = /^([0-9.]+)(ms|s|m|h)$/.exec(text) ?? [];
  if (value === undefined || unit === undefined) throw new Error(`not a duration: "${text}"`);
  return Math.round(Number(value) * unitsMs[unit as keyof typeof unitsMs]);
}
