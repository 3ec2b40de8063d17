import * as events from './events.ts';

/** Every kind of event that the shop publishes. */
export const allEvents = Object.values(events);
