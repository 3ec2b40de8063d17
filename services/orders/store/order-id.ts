const uuid = /^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/i;

/** Anything else would be an error of Postgres' instead of an order that does not exist. */
export function isOrderId(text: string): boolean {
  return uuid.test(text);
}
