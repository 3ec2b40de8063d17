import { examineEach, type Invariant, isTerminal, wrongIf } from '../invariant.ts';

/** The effects of an order's events in the consumers. `stored-orders-end` covers orders that have not ended. */

export const oneEmailForEachEvent: Invariant = {
  name: 'one-email-for-each-event',
  says: 'an order has one e-mail about its placement and one about its outcome',
  examine({ orders, emails }) {
    const emailsOf = Map.groupBy(emails, ({ orderId }) => orderId);
    const ended = orders.filter(({ status }) => isTerminal(status));
    return examineEach(ended, ({ id, status }) => {
      const kinds = (emailsOf.get(id) ?? []).map(({ kind }) => kind).sort();
      const expected = ['order.placed', `order.${status}`].sort();
      return wrongIf(kinds.join() !== expected.join(), `${status} order ${id} has e-mails [${kinds.join(', ')}]`);
    });
  },
};

export const analyticsAgree: Invariant = {
  name: 'analytics-agree',
  says: 'the read model has the price and outcome of every order',
  examine({ orders, facts }) {
    const factsOf = Map.groupBy(facts, ({ orderId }) => orderId);
    const ended = orders.filter(({ status }) => isTerminal(status));
    return examineEach(ended, ({ id, status, totalMinor, currency }) => {
      const [fact, ...more] = factsOf.get(id) ?? [];
      if (fact === undefined || more.length > 0) return [`order ${id} has ${more.length + (fact ? 1 : 0)} facts`];
      return [
        ...wrongIf(fact.outcome !== status, `${status} order ${id} is ${fact.outcome} in analytics`),
        ...wrongIf(!fact.wasPlaced, `order ${id} is not placed in analytics`),
        ...wrongIf(
          fact.totalMinor !== totalMinor || fact.currency !== currency,
          `order ${id} of ${totalMinor} ${currency} is ${fact.totalMinor} ${fact.currency} in analytics`,
        ),
      ];
    });
  },
};

export const shipmentsAgree: Invariant = {
  name: 'shipments-agree',
  says: 'a fulfilled order was shipped once, and no cancelled one was',
  examine({ orders, shipments }) {
    const shipmentsOf = Map.groupBy(shipments, ({ orderId }) => orderId);
    const ended = orders.filter(({ status }) => isTerminal(status));
    return examineEach(ended, ({ id, status }) => {
      const scheduled = (shipmentsOf.get(id) ?? []).filter((shipment) => shipment.status === 'scheduled').length;
      const expected = status === 'fulfilled' ? 1 : 0;
      return wrongIf(scheduled !== expected, `${status} order ${id} was shipped ${scheduled} times`);
    });
  },
};
