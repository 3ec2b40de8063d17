import { examineEach, type Invariant, wrongIf } from '../invariant.ts';

/** Nothing is under way, nothing is stuck, nothing is half undone. */
export const sagasEnd: Invariant = {
  name: 'sagas-end',
  says: 'every order has one saga, which has ended with no step half done',
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
        ...undoing.map(({ step }) => `saga of order ${id} is still undoing ${step}`),
      ];
    });
  },
};
