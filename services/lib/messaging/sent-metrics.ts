import { metrics } from '@opentelemetry/api';

/** By topic. @param error why it is not known whether they arrived; undefined if they did */
export function countSent(sent: readonly { topic: string; messages: readonly unknown[] }[], error?: unknown): void {
  const counter = metrics.getMeter('windlass').createCounter('messaging.client.sent.messages', {
    unit: '{message}',
    description: 'Messages given to Kafka',
  });
  for (const { topic, messages } of sent) {
    counter.add(messages.length, {
      'messaging.system': 'kafka',
      'messaging.operation.name': 'send',
      'messaging.destination.name': topic,
      ...(error !== undefined && { 'error.type': error instanceof Error ? error.name : 'Error' }),
    });
  }
}
