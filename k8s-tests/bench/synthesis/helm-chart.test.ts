import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { chartOf } from './helm-chart.ts';

const service = (name: string, port: number, callers: string[], extra: object = {}) => ({
  kind: 'Service',
  metadata: { name, labels: { app: name } },
  spec: { ports: [{ port }], callers: ['gateway', ...callers], switch: 'off' },
  ...extra,
});

test('content that all objects of a kind share is text, and every difference is a value, stated once', () => {
  const chart = chartOf([service('orders', 80, ['a', 'b']), service('stock', 81, [], { note: 'x' })]);
  expect(chart['templates/Service.yaml']).toBe(`{{- range .Values.Service }}
---
kind: Service
metadata:
  name: "{{ .value0 }}"
  labels:
    app: "{{ .value0 }}"
spec:
  ports:
    - port: {{ .value1 | toJson }}
  callers:
    - gateway
{{- range .value2 }}
    - "{{ .value0 }}"
{{- end }}
  switch: "off"
{{- if .value3 }}
note: x
{{- end }}
{{- end }}
`);
  expect(parse(chart['values.yaml'] ?? '')).toEqual({
    Service: [
      { value0: 'orders', value1: 80, value2: [{ value0: 'a' }, { value0: 'b' }], value3: false },
      { value0: 'stock', value1: 81, value2: [], value3: true },
    ],
  });
});

test('each kind has its own template, and a prefix or suffix that all values share is text', () => {
  const object = (kind: string, host: string) => ({ kind, host });
  const chart = chartOf([object('A', 'orders.shop.svc'), object('A', 'stock.shop.svc'), object('B', 'x')]);
  expect(Object.keys(chart)).toEqual(['Chart.yaml', 'values.yaml', 'templates/A.yaml', 'templates/B.yaml']);
  expect(chart['templates/A.yaml']).toContain('host: "{{ .value0 }}.shop.svc"');
  expect(chart['templates/B.yaml']).toContain('host: x');
});

test('an empty map among others stays a map', () => {
  const object = (selector: object) => ({ kind: 'A', selector });
  const chart = chartOf([object({ app: 'x' }), object({})]);
  expect(chart['templates/A.yaml']?.split('\n').slice(3, -2)).toEqual([
    '{{- if .value0 }}',
    'selector:',
    '  app: x',
    '{{- else }}',
    'selector: {}',
    '{{- end }}',
  ]);
});
