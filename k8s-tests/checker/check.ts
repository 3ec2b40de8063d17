import type { Examination, Invariant } from './invariant.ts';
import { acceptedOrdersEnd, sagasEnd, storedOrdersEnd } from './invariants/ends.ts';
import { eventsHaveACause, eventsKeepTheirOrder, nothingIsDeadLettered, outboxIsInKafka } from './invariants/events.ts';
import { analyticsAgree, oneEmailForEachEvent, shipmentsAgree } from './invariants/followers.ts';
import { capturedAtMostOnce, chargedThePriceOrNothing, ledgerAgreesWithOrders } from './invariants/money.ts';
import { stockAgreesWithOrders, stockIsConserved } from './invariants/stock.ts';
import type { AcceptedOrder, ShopState } from './state.ts';

export const invariants: readonly Invariant[] = [
  acceptedOrdersEnd,
  storedOrdersEnd,
  sagasEnd,
  chargedThePriceOrNothing,
  capturedAtMostOnce,
  ledgerAgreesWithOrders,
  stockIsConserved,
  stockAgreesWithOrders,
  shipmentsAgree,
  outboxIsInKafka,
  eventsHaveACause,
  eventsKeepTheirOrder,
  nothingIsDeadLettered,
  oneEmailForEachEvent,
  analyticsAgree,
];

export interface InvariantReport extends Examination {
  readonly name: string;
  readonly says: string;
}

export interface Violation {
  readonly invariant: string;
  readonly message: string;
}

/** Checks every case of every invariant. */
export function checkInvariants(state: ShopState, accepted: readonly AcceptedOrder[]): readonly InvariantReport[] {
  return invariants.map(({ name, says, examine }) => ({ name, says, ...examine(state, accepted) }));
}

export function violationsOf(reports: readonly InvariantReport[]): readonly Violation[] {
  return reports.flatMap(({ name, wrong }) => wrong.map((message) => ({ invariant: name, message })));
}

/** The violations, each with its case. Empty if all invariants hold. */
export function findViolations(state: ShopState, accepted: readonly AcceptedOrder[]): readonly Violation[] {
  return violationsOf(checkInvariants(state, accepted));
}
