import { describeMessaging } from './scenarios.ts';

describeMessaging({ messages: 10_000, joins: 20, killedAmong: 2_000, frozenAmong: 1_000 });
