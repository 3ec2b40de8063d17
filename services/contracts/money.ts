import { z } from 'zod';
import { currency } from './catalogue.ts';

/**
 * An amount of money in the minor unit of its currency, always with that currency, so that dollars and cents cannot be
 * confused. The fields are those of the protobuf message `windlass.money.v1.Money`. The amount is an integer of at most
 * 2^53 - 1, so that no reader rounds it.
 */
export const moneySchema = z.object({
  currency: z
    .string()
    .regex(/^[A-Z]{3}$/)
    .meta({ description: 'ISO 4217' }),
  amountMinor: z.int().min(0).meta({ description: 'In the minor unit of the currency: 1200 USD cents are 12 dollars' }),
});

/** An amount in the shop's currency, as the fields of a protobuf message `windlass.money.v1.Money`. */
export function money(amountMinor: number) {
  return { currency, amountMinor: BigInt(amountMinor) };
}
