/**
 * What is about a person, by the names that logs, spans and messages use for it. This list decides: the values of these
 * fields leave a service in no log line and no span attribute, however the name is written.
 */
export const personalFields = [
  // Who it is.
  ...['customer', 'customerId', 'sub', 'principal', 'xWindlassPrincipal', 'name', 'email', 'phone'],
  // Where they are, and with which device.
  ...['shippingAddress', 'street', 'city', 'postalCode', 'clientAddress', 'httpClientIp', 'userAgentOriginal'],
  ...['httpUserAgent', 'userAgent', 'peerAddress', 'netPeerIp', 'networkPeerAddress'],
  // What they chose, which may name them.
  ...['idempotencyKey', 'cookie', 'authorization'],
  // Whole messages, and what a stranger may write into an address.
  ...['body', 'headers', 'query', 'params', 'values', 'row', 'payload', 'data'],
  ...['url', 'urlFull', 'urlPath', 'urlQuery', 'httpUrl', 'httpTarget', 'path'],
  ...['dbQueryParameter', 'dbPostgresqlValues'],
] as const;

const normalize = (name: string): string => name.replaceAll(/[^a-z0-9]/gi, '').toLowerCase();
const normalized = new Set(personalFields.map(normalize));

/** True for each spelling of a personal field: `customer_id`, `CustomerId`, `x-windlass-principal`, `url.full`. */
export function isPersonal(name: string): boolean {
  return normalized.has(normalize(name));
}
