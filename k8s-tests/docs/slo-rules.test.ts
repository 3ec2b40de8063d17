import { join } from 'node:path';
import { expect, test } from 'vitest';
import { writeSloRules } from '../../cdk8s/documents/slo-rules.ts';
import { topology } from '../../cdk8s/topology.ts';
import { root } from '../../cluster/paths.ts';

test("the rules of the gateway's SLOs are current; if this fails, run make documents", async () => {
  await expect(writeSloRules(topology)).toMatchFileSnapshot(join(root, 'charts/monitoring/files/alerts/slo.yaml'));
});
