import { describeMessaging } from './scenarios.ts';

/** The short version of messaging.cluster.test.ts: the same tests with fewer messages. */
describeMessaging({ messages: 1_000, joins: 4, killedAmong: 1_000, frozenAmong: 300 });
