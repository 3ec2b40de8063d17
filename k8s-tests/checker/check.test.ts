import { describe, expect, it, test } from 'vitest';
import { checkInvariants, findViolations, invariants } from './check.ts';
import { bound95, formatReports } from './report.ts';
import type { AcceptedOrder, ShopState } from './state.ts';
import { goodAccepted, goodState, record } from './testing.ts';

/** Changes the rows that match, or removes them if no change is given. */
function edit<Row>(rows: readonly Row[], matches: (row: Row) => boolean, change?: Partial<Row>): Row[] {
  return rows.flatMap((row) => (matches(row) ? (change === undefined ? [] : [{ ...row, ...change }]) : [row]));
}

const { orders, sagas, steps, ledger, stock, reservations, shipments, emails, facts, outbox, records } = goodState;
const twice = <Row>(rows: readonly Row[]): Row[] => [...rows, ...rows.slice(0, 1)];

/** A violation, the invariant that must detect it, and the difference from the good state. */
const violating: readonly (readonly [string, string, Partial<ShopState>, (readonly AcceptedOrder[])?])[] = [
  ['an accepted order was lost', 'accepted-orders-end', {}, [{ orderId: 'x', status: 202 }]],
  [
    'an accepted order is pending',
    'accepted-orders-end',
    { orders: edit(orders, ({ id }) => id === 'f', { status: 'pending' }) },
  ],
  [
    'an order whose answer was lost is pending',
    'stored-orders-end',
    { orders: edit(orders, ({ id }) => id === 'f', { status: 'confirmed' }) },
    [],
  ],
  ['a saga waits', 'sagas-end', { sagas: edit(sagas, ({ orderId }) => orderId === 'f', { state: 'waiting' }) }],
  ['an order has no saga', 'sagas-end', { sagas: sagas.slice(1) }],
  [
    'a compensation is under way',
    'sagas-end',
    { steps: edit(steps, ({ orderId }) => orderId === 'c', { state: 'undoing' }) },
  ],
  [
    'a fulfilled order was not charged',
    'charged-the-price-or-nothing',
    { ledger: edit(ledger, ({ id }) => id === 'a2') },
  ],
  [
    'a cancelled order was not given its money back',
    'charged-the-price-or-nothing',
    { ledger: edit(ledger, ({ id }) => id === 'b3') },
  ],
  [
    'another amount was charged',
    'charged-the-price-or-nothing',
    { ledger: edit(ledger, ({ id }) => id === 'a2', { amountMinor: 24 }) },
  ],
  [
    'another currency was charged',
    'charged-the-price-or-nothing',
    { ledger: edit(ledger, ({ id }) => id === 'a2', { currency: 'EUR' }) },
  ],
  [
    'an order was charged twice',
    'captured-at-most-once',
    {
      ledger: [
        ...ledger,
        { id: 'a3', orderId: 'f', kind: 'capture', authorizationId: 'a1', amountMinor: 2_400, currency: 'USD' },
      ],
    },
  ],
  ['two authorizations hold money', 'captured-at-most-once', { ledger: twice(ledger) }],
  [
    'money is held for no order',
    'ledger-agrees-with-orders',
    {
      ledger: [
        ...ledger,
        { id: 'z', orderId: 'z', kind: 'authorization', authorizationId: null, amountMinor: 1, currency: 'USD' },
      ],
    },
  ],
  [
    'money is held for a cancelled order',
    'ledger-agrees-with-orders',
    { ledger: edit(ledger, ({ id }) => id === 'b2' || id === 'b3') },
  ],
  [
    'another amount is held than the price',
    'ledger-agrees-with-orders',
    { ledger: edit(ledger, ({ id }) => id === 'a1', { amountMinor: 1 }) },
  ],
  [
    'a fulfilled order was given its money back',
    'ledger-agrees-with-orders',
    {
      ledger: [
        ...ledger,
        { id: 'a9', orderId: 'f', kind: 'reversal', authorizationId: 'a1', amountMinor: 2_400, currency: 'USD' },
      ],
    },
  ],
  [
    'stock is missing',
    'stock-is-conserved',
    { stock: edit(stock, ({ sku }) => sku === 'mug', { available: 999_997 }) },
  ],
  ['stock is negative', 'stock-is-conserved', { stock: edit(stock, ({ sku }) => sku === 'gone', { available: -1 }) }],
  ['a SKU is gone', 'stock-is-conserved', { stock: edit(stock, ({ sku }) => sku === 'tee') }],
  [
    'a cancelled order still holds stock',
    'stock-agrees-with-orders',
    { reservations: [...reservations, { orderId: 'c', sku: 'mug', quantity: 2 }] },
  ],
  [
    'a fulfilled order holds too little',
    'stock-agrees-with-orders',
    { reservations: edit(reservations, () => true, { quantity: 1 }) },
  ],
  [
    'a fulfilled order was not shipped',
    'shipments-agree',
    { shipments: edit(shipments, ({ orderId }) => orderId === 'f') },
  ],
  [
    'a cancelled order was shipped',
    'shipments-agree',
    { shipments: edit(shipments, ({ orderId }) => orderId === 'c', { status: 'scheduled' }) },
  ],
  [
    'an event was never published',
    'outbox-is-in-kafka',
    { outbox: edit(outbox, ({ eventId }) => eventId === 'e3', { isPublished: false }) },
  ],
  [
    'an event is marked as published and is not there',
    'outbox-is-in-kafka',
    { records: edit(records, ({ eventId }) => eventId === 'e3') },
  ],
  [
    'an event has another key',
    'outbox-is-in-kafka',
    { records: edit(records, ({ eventId }) => eventId === 'e3', { key: 'x' }) },
  ],
  [
    'an event is in another topic',
    'outbox-is-in-kafka',
    { records: edit(records, ({ eventId }) => eventId === 'e3', { topic: 'payments.v1' }) },
  ],
  ['an event has no cause', 'events-have-a-cause', { records: [...records, record(15n, 'e4', 'order.cancelled')] }],
  [
    'an event overtook another',
    'events-keep-their-order',
    { records: edit(records, ({ eventId }) => eventId === 'e3', { offset: 9n }) },
  ],
  [
    'an order has events in two partitions',
    'events-keep-their-order',
    { records: edit(records, ({ eventId }) => eventId === 'e3', { partition: 1 }) },
  ],
  [
    'an event was given up',
    'nothing-is-dead-lettered',
    { records: [...records, { ...record(0n, 'e1', 'order.placed'), topic: 'analytics.dlq' }] },
  ],
  ['an e-mail was sent twice', 'one-email-for-each-event', { emails: twice(emails) }],
  ['an e-mail is missing', 'one-email-for-each-event', { emails: emails.slice(1) }],
  ['an order is missing in analytics', 'analytics-agree', { facts: facts.slice(1) }],
  [
    'analytics has another end',
    'analytics-agree',
    { facts: edit(facts, ({ orderId }) => orderId === 'f', { outcome: 'cancelled' }) },
  ],
  [
    'analytics has another price',
    'analytics-agree',
    { facts: edit(facts, ({ orderId }) => orderId === 'f', { totalMinor: 24 }) },
  ],
  [
    'analytics never heard of the placing',
    'analytics-agree',
    { facts: edit(facts, ({ orderId }) => orderId === 'f', { wasPlaced: false }) },
  ],
];

describe('the checker', () => {
  it('finds no violation in a correct state, even if an event was delivered several times', () => {
    expect(findViolations(goodState, goodAccepted)).toEqual([]);
  });

  it('checks at least one case of every invariant', () => {
    expect(checkInvariants(goodState, goodAccepted).filter(({ cases }) => cases === 0)).toEqual([]);
  });

  test.each(violating.map(([when, breaks, change, accepted = goodAccepted]) => ({ when, breaks, change, accepted })))(
    'detects that $when',
    ({ breaks, change, accepted }) => {
      const found = findViolations({ ...goodState, ...change }, accepted);
      expect(found.map(({ invariant }) => invariant)).toContain(breaks);
    },
  );

  it('has a violating state for every invariant', () => {
    const covered = new Set(violating.map(([, invariant]) => invariant));
    expect(invariants.map(({ name }) => name).filter((name) => !covered.has(name))).toEqual([]);
  });

  it('accepts older outbox rows as causes, and does not require their events in the run', () => {
    const older = {
      ...goodState,
      outbox: edit(outbox, ({ eventId }) => eventId === 'e1', { isNew: false, isPublished: false }),
    };
    expect(findViolations(older, goodAccepted)).toEqual([]);
  });

  it('accepts a reversed authorization of an unknown order', () => {
    const orphan = {
      id: 'z1',
      orderId: 'z',
      kind: 'authorization',
      authorizationId: null,
      amountMinor: 1,
      currency: 'USD',
    };
    const reversal = { ...orphan, id: 'z2', kind: 'reversal', authorizationId: 'z1' };
    expect(findViolations({ ...goodState, ledger: [...ledger, orphan, reversal] }, goodAccepted)).toEqual([]);
  });
});

describe('the report', () => {
  it('states the bound on the failure rate of an invariant: 3 / N', () => {
    expect(bound95({ cases: 600, wrong: [] })).toBeCloseTo(0.005);
    expect(bound95({ cases: 600, wrong: ['one'] })).toBeUndefined();
    expect(bound95({ cases: 0, wrong: [] })).toBeUndefined();
  });

  it('has a row for each invariant', () => {
    const table = formatReports(checkInvariants(goodState, goodAccepted));
    for (const { name } of invariants) expect(table).toContain(`| ${name} `);
  });
});
