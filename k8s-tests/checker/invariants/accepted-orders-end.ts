import { examineEach, type Invariant, isTerminal } from '../invariant.ts';

/** What was promised by a 2xx is there, and came to an end. */
export const acceptedOrdersEnd: Invariant = {
  name: 'accepted-orders-end',
  says: 'every order answered with 2xx exists and is fulfilled or cancelled',
  examine({ orders }, accepted) {
    const statuses = new Map(orders.map(({ id, status }) => [id, status]));
    return examineEach(accepted, ({ orderId, status }) => {
      const stored = statuses.get(orderId);
      if (stored === undefined) return [`order ${orderId} was answered with ${status} and does not exist`];
      return isTerminal(stored) ? [] : [`order ${orderId} was answered with ${status} and is still ${stored}`];
    });
  },
};

/** Also those whose answer got lost: the client does not know of them, the shop does. */
export const storedOrdersEnd: Invariant = {
  name: 'stored-orders-end',
  says: 'every stored order is fulfilled or cancelled',
  examine({ orders }) {
    return examineEach(orders, ({ id, status }) => (isTerminal(status) ? [] : [`order ${id} is still ${status}`]));
  },
};
