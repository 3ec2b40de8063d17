/**
 * A consumer in a separate process, which tests can freeze and kill:
 * `node consumer.ts <brokers> <database> <group> <topic>`.
 */
import { createLog } from '../../services/lib/observability/log.ts';
import { openDatabase } from '../../services/lib/postgres/database.ts';
import { startConsumer } from './effects.ts';

const [brokers = '', url = '', group = '', topic = ''] = process.argv.slice(2);
const log = createLog(`consumer ${process.pid}`, 'warn', process.stderr);
await startConsumer({ kafka: { brokers: [brokers] }, group, topic, database: openDatabase(url, log), log });
console.log('consuming');
