/**
 * What the whole system holds after a run, as read from outside: databases by SQL, topics by their records, the partner's
 * ledger. `New` rows belong to the run; older ones are only there to be a cause or a counterpart.
 */
export interface ShopState {
  readonly orders: readonly OrderRow[];
  readonly sagas: readonly SagaRow[];
  readonly steps: readonly StepRow[];
  readonly ledger: readonly LedgerRow[];
  readonly stock: readonly StockRow[];
  /** All of them, older ones too: the stock is one. */
  readonly reservations: readonly ReservationRow[];
  readonly shipments: readonly ShipmentRow[];
  readonly emails: readonly EmailRow[];
  readonly facts: readonly FactRow[];
  /** Every row that is kept, by the database it lies in. */
  readonly outbox: readonly OutboxRow[];
  /** Every record of the run, in the order of each partition; of dead letter topics too. */
  readonly records: readonly EventRecord[];
}

export interface OrderRow {
  readonly id: string;
  readonly status: string;
  readonly items: readonly { readonly sku: string; readonly quantity: number }[];
  readonly currency: string;
  readonly totalMinor: number;
}

export interface SagaRow {
  readonly orderId: string;
  readonly state: string;
  readonly isStuck: boolean;
}

export interface StepRow {
  readonly orderId: string;
  readonly step: string;
  readonly state: string;
}

export interface LedgerRow {
  readonly id: string;
  readonly orderId: string;
  readonly kind: string;
  /** The authorization that a capture or reversal is about. */
  readonly authorizationId: string | null;
  readonly amountMinor: number;
  readonly currency: string;
}

export interface StockRow {
  readonly sku: string;
  readonly available: number;
}

export interface ReservationRow {
  readonly orderId: string;
  readonly sku: string;
  readonly quantity: number;
}

export interface ShipmentRow {
  readonly orderId: string;
  readonly status: string;
}

export interface EmailRow {
  readonly orderId: string;
  readonly kind: string;
}

export interface FactRow {
  readonly orderId: string;
  readonly wasPlaced: boolean;
  readonly totalMinor: number | null;
  readonly currency: string | null;
  readonly outcome: string | null;
}

export interface OutboxRow {
  readonly database: string;
  /** Ascending in the order of writing. */
  readonly id: bigint;
  readonly eventId: string;
  readonly topic: string;
  /** The order id, which is also the record's key. */
  readonly subject: string;
  readonly type: string;
  readonly isPublished: boolean;
  readonly isNew: boolean;
}

export interface EventRecord {
  readonly topic: string;
  readonly partition: number;
  readonly offset: bigint;
  readonly key: string;
  readonly eventId: string;
  readonly type: string;
}

/** An order that a client was promised: its answer was a 2xx. */
export interface AcceptedOrder {
  readonly orderId: string;
  readonly status: number;
}
