/**
 * Preloaded by `node --import`: starts OpenTelemetry before the service loads. The order is the point: the hook comes
 * first, because an ES module that is already loaded can no longer be instrumented, and nothing says so
 * (services.test.ts does).
 *
 * The hook in this thread and for these modules only: @opentelemetry/instrumentation's own, for all modules and by way of
 * a second thread, makes each start four times as long.
 */
import { register } from 'import-in-the-middle/register-hooks.mjs';

register({ include: ['http', 'https', 'express', '@grpc/grpc-js', 'pg'] });
const { startSdk } = await import('./sdk.ts');
startSdk(process.env);
