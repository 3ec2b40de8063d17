import { expect, test } from 'vitest';
import { NOT_A_SERVICE } from './dev.ts';

test.each([
  '[istio-proxy] 2026-11-26T01:32:31Z info Envoy proxy is ready',
  '[istio-init] # Completed on Thu Nov 26',
  '[code] copied',
  '[migrate] {"level":"info","msg":"migration finished"}',
  '       > [payments-595755fb8-tkxwl istio-proxy] app URL path = /readyz',
])('make dev leaves out %s', (line) => expect(line).toMatch(NOT_A_SERVICE));

test.each([
  '[orders]{"level":"info","msg":"ready"}',
  '[orders] Restarting /app/services/main.ts',
  'Syncing 1 files for windlass/services:1',
  ' - shop:deployment/orders is ready. [6/8 deployment(s) still pending]',
])('make dev shows %s', (line) => expect(line).not.toMatch(NOT_A_SERVICE));
