import { Admin, type FaultRule } from '../../harness/admin.ts';
import type { DependencyState } from './state.ts';

const routes = ['/v1/authorizations', '/v1/captures', '/v1/reversals'] as const;

/** The partner answers every call like this. */
function acquirer(name: string, rule: Omit<FaultRule, 'match'>): DependencyState {
  return {
    kind: 'state',
    name: `acquirer ${name}`,
    family: 'state',
    dependency: 'acquirer',
    async begin(cluster) {
      const admin = new Admin(cluster, { namespace: 'partner', name: 'acquirer' });
      await admin.setFaults(...routes.map((match) => ({ match, ...rule })));
      return () => admin.setFaults();
    },
  };
}

export const acquirerStates: readonly DependencyState[] = [
  acquirer('answers 200 with a page', { status: 200, answer: 'page' }),
  acquirer('answers 201 with nothing', { status: 201, answer: 'empty' }),
  acquirer('answers 200 with 150 MiB', { status: 200, answer: 'huge' }),
  acquirer('answers 200 byte by byte', { status: 200, answer: 'slow' }),
  acquirer('cuts its answers', { status: 200, answer: 'cut' }),
  acquirer('answers 400 through a proxy', { status: 400, answer: 'page' }),
  acquirer('refuses permanently', { status: 400 }),
  acquirer('refuses after the effect', { status: 400, carriedOut: true }),
  acquirer('answers 429', { status: 429, answer: 'empty' }),
  acquirer('answers 500 after the effect', { status: 500, carriedOut: true }),
];
