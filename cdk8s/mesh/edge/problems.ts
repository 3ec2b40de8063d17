import type { EnvoyFilterSpec } from '../../imports/networking.istio.io.ts';
import { INGRESS_SELECTOR } from '../caller.ts';
import { mergeConnectionManager } from './connection-manager.ts';
import { CUSTOMER } from './customers.ts';
import { headersToAdd } from './response-headers.ts';

const typeBase = 'https://windlass.example/problems';
/** What the gateway says if it has no answer of the service. */
export const sendAgain = 'Send the same request again, an order with the same Idempotency-Key.';

interface Problem {
  /** The last part of the problem's `type`. */
  readonly code: string;
  readonly title: string;
  readonly detail: string;
  readonly errors?: readonly { readonly field: string; readonly message: string }[];
}

/** What Envoy answers by itself, by HTTP status. */
const problems = {
  400: {
    code: 'invalid',
    title: 'The request breaks one or more rules',
    detail: 'The request is not valid HTTP.',
    errors: [{ field: 'request', message: 'must be valid HTTP' }],
  },
  401: {
    code: 'unauthenticated',
    title: 'No valid token',
    detail: 'Send a valid token: Authorization: Bearer <token>.',
  },
  403: { code: 'forbidden', title: 'Not allowed', detail: 'The token does not allow this request.' },
  404: { code: 'not-found', title: 'Not found', detail: 'There is no such method and path here.' },
  408: { code: 'request-timeout', title: 'The request came too slowly', detail: sendAgain },
  413: { code: 'too-large', title: 'The request is too large', detail: 'The body is over 65536 bytes.' },
  429: {
    code: 'too-many-requests',
    title: 'Too many requests',
    detail: 'Wait as long as Retry-After says, then send the same request again.',
  },
  431: { code: 'headers-too-large', title: 'The request is too large', detail: 'Path and headers are over 8 KiB.' },
  503: { code: 'unavailable', title: 'Temporarily unavailable', detail: sendAgain },
  504: { code: 'timeout', title: 'No answer in time', detail: sendAgain },
} as const satisfies Readonly<Record<number, Problem>>;
const other: Problem = {
  code: 'rejected',
  title: 'The gateway answers this itself',
  detail: 'No service was reached.',
};

const toBody = ({ code, title, detail, errors }: Problem) => ({
  content_type: 'application/problem+json',
  json_format: { type: `${typeBase}/${code}`, title, status: '%RESPONSE_CODE%', detail, ...(errors && { errors }) },
});

const hasStatus = (status: number) => ({
  status_code_filter: {
    comparison: { op: 'EQ', value: { default_value: status, runtime_key: `problem_${status}` } },
  },
});

const mappers = Object.entries(problems).map(([status, problem]) => ({
  filter: hasStatus(Number(status)),
  body_format_override: toBody(problem),
}));

/** True once a valid token was found: its payload is then metadata of the request. */
const isAuthenticated = {
  metadata_filter: {
    matcher: {
      filter: CUSTOMER.filter,
      path: CUSTOMER.path.map((key) => ({ key })),
      value: { string_match: { safe_regex: { regex: '.+' } } },
    },
    match_if_key_not_found: false,
  },
};

const asForbidden = {
  filter: { and_filter: { filters: [hasStatus(403), isAuthenticated] } },
  body_format_override: toBody(problems[403]),
};
const asUnauthenticated = (status: number) => ({
  filter: hasStatus(status),
  status_code: 401,
  headers_to_add: [
    { header: { key: 'www-authenticate', value: 'Bearer' }, append_action: 'OVERWRITE_IF_EXISTS_OR_ADD' },
  ],
  body_format_override: toBody(problems[401]),
});

/**
 * What the gateway's refusals mean: Envoy answers 403 to a request without a token, and to a token for another audience.
 * The first mapper that fits applies.
 */
const customerMappers = [asForbidden, asUnauthenticated(403), asUnauthenticated(401)];

/** No filter sees the answer to what is not HTTP, or has headers that are too large. */
const withSecurityHeaders = (mapper: { readonly filter: object; readonly headers_to_add?: readonly object[] }) => ({
  ...mapper,
  headers_to_add: [...(mapper.headers_to_add ?? []), ...headersToAdd],
});

const localReplies = (all: readonly object[]) => ({
  local_reply_config: { body_format: toBody(other), mappers: all },
});

/** Gives Envoy's own answers the form of all others, an RFC 9457 problem, and the id of the request. */
export const gatewayProblemFilter: EnvoyFilterSpec = {
  workloadSelector: { labels: INGRESS_SELECTOR },
  configPatches: [
    mergeConnectionManager('GATEWAY', {
      ...localReplies([...customerMappers, ...mappers].map(withSecurityHeaders)),
      always_set_request_id_in_response: true,
    }),
  ],
};

/**
 * The same for the answers of a service's own sidecar, such as those while the service starts. For HTTP services only: in a
 * gRPC answer the text would become the message.
 */
export function serviceProblemFilter(service: string): EnvoyFilterSpec {
  return {
    workloadSelector: { labels: { app: service } },
    configPatches: [mergeConnectionManager('SIDECAR_INBOUND', localReplies(mappers))],
  };
}
