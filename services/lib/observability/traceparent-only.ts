import type { TextMapPropagator } from '@opentelemetry/api';
import { W3CTraceContextPropagator } from '@opentelemetry/core';

const traceparent = new W3CTraceContextPropagator();

/**
 * Propagates W3C `traceparent`, and nothing else. `baggage` and `tracestate` are texts of a client, of any content and
 * of several kilobytes, which would be stored with each event and sent to each dependency.
 */
export const traceparentOnly: TextMapPropagator = {
  inject(context, carrier, setter) {
    traceparent.inject(context, carrier, {
      set(headers, name, value) {
        if (name === 'traceparent') setter.set(headers, name, value);
      },
    });
  },
  extract(context, carrier, getter) {
    return traceparent.extract(context, carrier, {
      keys: (headers) => getter.keys(headers),
      get: (headers, name) => (name === 'traceparent' ? getter.get(headers, name) : undefined),
    });
  },
  fields: () => ['traceparent'],
};
