import { examineEach, type Invariant, isTerminal, wrongIf } from '../invariant.ts';

/** An accepted order exists and has ended. */
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

/** Includes orders whose response was lost: the client does not know of them, but the shop does. */
export const storedOrdersEnd: Invariant = {
  name: 'stored-orders-end',
  says: 'every stored order is fulfilled or cancelled',
  examine({ orders }) {
    return examineEach(orders, ({ id, status }) => (isTerminal(status) ? [] : [`order ${id} is still ${status}`]));
  },
};

/** No saga is in progress or stuck, and no compensation is incomplete. */
export const sagasEnd: Invariant = {
  name: 'sagas-end',
  says: 'every order has one saga, which has ended with no incomplete step',
  examine({ orders, sagas, steps }) {
    const sagaOf = new Map(sagas.map((saga) => [saga.orderId, saga]));
    const stepsOf = Map.groupBy(steps, ({ orderId }) => orderId);
    return examineEach(orders, ({ id }) => {
      const saga = sagaOf.get(id);
      if (saga === undefined) return [`order ${id} has no saga`];
      const undoing = (stepsOf.get(id) ?? []).filter(({ state }) => state === 'undoing');
      return [
        ...wrongIf(
          saga.state !== 'ended',
          `saga of order ${id} is still ${saga.state}${saga.isStuck ? ', stuck' : ''}`,
        ),
        ...undoing.map(({ step }) => `saga of order ${id} is still compensating ${step}`),
      ];
    });
  },
};
