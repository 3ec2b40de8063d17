import { uniformFloat64 } from 'pure-rand/distribution/uniformFloat64';
import { uniformInt } from 'pure-rand/distribution/uniformInt';
import { mersenne } from 'pure-rand/generator/mersenne';

/** A sequence of numbers that its seed decides: the same seed repeats the same run. */
export interface Random {
  /** From 0 up to, but not including, `below`. */
  integer(below: number): number;
  /** From 0 up to, but not including, 1. */
  next(): number;
  pick<T>(from: readonly [T, ...T[]]): T;
  shuffle<T>(items: readonly T[]): T[];
}

/** @param seed a whole number; of larger ones the lowest 32 bits count */
export function seededRandom(seed: number): Random {
  const generator = mersenne(seed);
  const next = (): number => uniformFloat64(generator);
  const integer = (below: number): number => uniformInt(generator, 0, below - 1);
  return {
    next,
    integer,
    pick: (from) => from[integer(from.length)] ?? from[0],
    shuffle(items) {
      const keyed = items.map((item) => ({ item, key: next() }));
      return keyed.toSorted((left, right) => left.key - right.key).map(({ item }) => item);
    },
  };
}
