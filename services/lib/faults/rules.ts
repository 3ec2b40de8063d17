import { status as Status } from '@grpc/grpc-js';
import { z } from 'zod';
import { type BrokenAnswer, brokenAnswers } from './broken-answers.ts';

/**
 * A fault to inject, as `PUT /faults` accepts it. `match` is a gRPC path or an HTTP route. The first rule that matches
 * applies. `failFirst: n` fails the first n requests and lets all later ones pass. `percent` fails that share, evenly
 * spread. A rule with neither fails every request. A failing request waits `delayMs` and is then answered with `status`
 * (a gRPC status name for a gRPC path, an HTTP status for a route). Without `status` it is only delayed. With
 * `carriedOut` the request still has its effect: it is handled, and then answered with `status` instead of its result.
 * For a route, `answer` makes what is sent no usable answer at all (see broken-answers.ts), whatever its status.
 */
export const faultRuleSchema = z
  .strictObject({
    match: z.string().startsWith('/', 'must be a gRPC path or an HTTP route, starting with /'),
    failFirst: z.int().min(1).optional(),
    percent: z.number().gt(0).max(100).optional(),
    delayMs: z.int().min(0).max(600_000).optional(),
    status: z.union([z.string(), z.int()]).optional(),
    carriedOut: z.literal(true).optional(),
    answer: z.enum(brokenAnswers).optional(),
  })
  .refine((rule) => rule.delayMs !== undefined || rule.status !== undefined, 'needs delayMs, status or both')
  .refine((rule) => rule.failFirst === undefined || rule.percent === undefined, 'takes failFirst or percent, not both')
  .refine((rule) => !rule.carriedOut || rule.status !== undefined, 'needs a status if carriedOut is set')
  .refine((rule) => rule.answer === undefined || rule.status !== undefined, 'needs a status if answer is set')
  .refine((rule) => rule.answer === undefined || !grpcPath.test(rule.match), {
    path: ['answer'],
    message: 'is for an HTTP route only',
  })
  .refine((rule) => rule.status === undefined || isStatusFor(rule), {
    path: ['status'],
    message:
      'must be a gRPC status name other than OK for a gRPC path, an HTTP status from 400 to 599 for a route, with an answer from 200',
  });

export type FaultRule = z.output<typeof faultRuleSchema>;

/** What to do to a request. */
export interface Fault {
  readonly delayMs: number;
  readonly status: string | number | undefined;
  readonly carriedOut: boolean;
  readonly answer: BrokenAnswer | undefined;
}

/** `/windlass.inventory.v1.Inventory/Check`: a dotted service name, then one method. */
const grpcPath = /^\/\w+(\.\w+)+\/\w+$/;

function isStatusFor(rule: { match: string; status?: unknown; answer?: unknown }): boolean {
  const { match, status, answer } = rule;
  if (grpcPath.test(match)) return typeof status === 'string' && status !== 'OK' && status in Status;
  return typeof status === 'number' && status >= (answer === undefined ? 400 : 200) && status <= 599;
}

/** The current rules. The same rules and the same requests give the same faults. */
export class FaultRules {
  #rules: { readonly rule: FaultRule; matched: number }[] = [];

  get all(): readonly FaultRule[] {
    return this.#rules.map(({ rule }) => rule);
  }

  replace(rules: readonly FaultRule[]): void {
    this.#rules = rules.map((rule) => ({ rule, matched: 0 }));
  }

  /**
   * Counts a request and decides about its fault.
   * @returns undefined if the request is to be handled normally
   */
  next(match: string): Fault | undefined {
    const entry = this.#rules.find(({ rule }) => rule.match === match);
    if (!entry) return undefined;
    entry.matched += 1;
    if (!fails(entry.rule, entry.matched)) return undefined;
    const { delayMs = 0, status, carriedOut = false, answer } = entry.rule;
    return { delayMs, status, carriedOut, answer };
  }
}

/** @param nth 1 for the rule's first request */
function fails({ failFirst, percent }: FaultRule, nth: number): boolean {
  if (failFirst !== undefined) return nth <= failFirst;
  if (percent === undefined) return true;
  const failuresAfter = (requests: number) => Math.floor((requests * percent) / 100);
  return failuresAfter(nth) > failuresAfter(nth - 1);
}
