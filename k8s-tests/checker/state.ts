/**
 * The state of the whole system after a run, read from outside: rows of the databases, records of the topics and the
 * partner's ledger. Rows with `isNew` belong to the run. Older rows serve only as causes or counterparts.
 */
export interface ShopState {
  readonly orders: readonly OrderRow[];
  readonly sagas: readonly SagaRow[];
  readonly steps: readonly StepRow[];
  readonly ledger: readonly LedgerRow[];
  readonly stock: readonly StockRow[];
  /** All reservations, including older ones, because they share the stock. */
  readonly reservations: readonly ReservationRow[];
  readonly shipments: readonly ShipmentRow[];
  readonly emails: readonly EmailRow[];
  readonly facts: readonly FactRow[];
  /** All stored rows, by their database. */
  readonly outbox: readonly OutboxRow[];
  /** All records of the run, including dead-letter topics, in the order of each partition. */
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
  /** The authorization of a capture or reversal. */
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
  /** Ascending in write order. */
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

/** An order that was answered with a 2xx status. */
export interface AcceptedOrder {
  readonly orderId: string;
  readonly status: number;
}
