/**
 * Starts OpenTelemetry before the service loads; `node --import` preloads this file. The order matters: an ES module
 * that is already loaded can no longer be instrumented, so the hook comes first. Only services.test.ts detects a wrong
 * order.
 *
 * The hook runs in this thread and for these modules only. The hook of @opentelemetry/instrumentation runs in a second
 * thread and for all modules, and makes each start take four times as long.
 */
import { register } from 'import-in-the-middle/register-hooks.mjs';

register({ include: ['http', 'https', 'express', '@grpc/grpc-js', 'pg'] });
const { startSdk } = await import('./sdk.ts');
startSdk(process.env);
