import { check, hasStatus } from '../../harness/check.ts';
import type { Cluster } from '../../harness/cluster.ts';
import { send } from '../../harness/http.ts';

interface Target {
  readonly labels: Readonly<Record<string, string>>;
  readonly health: 'up' | 'down' | 'unknown';
  readonly lastError: string;
}

interface LoadedRule {
  readonly type: 'alerting' | 'recording';
  readonly name: string;
  readonly health: 'ok' | 'err' | 'unknown';
  readonly lastError?: string;
}

/** An alert that fires or is about to. */
export interface Alert {
  readonly labels: Readonly<Record<string, string>>;
  readonly state: 'pending' | 'firing';
}

interface Series {
  readonly metric: Readonly<Record<string, string>>;
  readonly value: readonly [seconds: number, value: string];
}

/** What the cluster's own Prometheus says. Each call is one request, which is not repeated. */
export function prometheusOf(cluster: Cluster) {
  const get = async <T>(path: string): Promise<T> => {
    const answer = check(await send({ url: `${cluster.prometheusUrl}/api/v1/${path}` }), hasStatus(200));
    return (JSON.parse(answer.text) as { data: T }).data;
  };
  return {
    async targets(): Promise<readonly Target[]> {
      return (await get<{ activeTargets: Target[] }>('targets?state=active')).activeTargets;
    },
    async rules(): Promise<readonly LoadedRule[]> {
      return (await get<{ groups: { rules: LoadedRule[] }[] }>('rules')).groups.flatMap(({ rules }) => rules);
    },
    async alerts(): Promise<readonly Alert[]> {
      return (await get<{ alerts: Alert[] }>('alerts')).alerts;
    },
    /** The names of all metrics that it has samples of. */
    metricNames: () => get<readonly string[]>('label/__name__/values'),
    async query(expression: string): Promise<readonly Series[]> {
      return (await get<{ result: Series[] }>(`query?query=${encodeURIComponent(expression)}`)).result;
    },
  };
}
