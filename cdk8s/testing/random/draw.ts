import fc from 'fast-check';

/** Draws one value of what it is given; the same seed draws the same. */
export type Draw = <Value>(from: fc.Arbitrary<Value>) => Value;

export const number = (min: number, max: number) => fc.integer({ min, max });

/** What a service, a namespace or a database may be called. */
export const label = fc
  .stringMatching(/^[a-z]([-a-z0-9]{0,18}[a-z0-9])?$/)
  .filter((name) => name !== 'gateway' && !/-from-|-gateway$|^default-deny$/.test(name));

export const rpcName = fc.stringMatching(/^[A-Z][A-Za-z0-9]{0,9}$/);
