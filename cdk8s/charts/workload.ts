import { ApiObject, Chart, Duration, JsonPatch } from 'cdk8s';
import * as kplus from 'cdk8s-plus-27';
import { Construct } from 'constructs';
import { partnerCasOf } from '../mesh/partner-ca.ts';
import { PORTS } from '../model/addresses.ts';
import { migratorOf, TOKEN_KEYS } from '../model/database.ts';
import { podsOf } from '../model/dependencies.ts';
import { type Environment, SURGE_PODS } from '../model/environment.ts';
import { isCritical, usesKafka } from '../model/interactions.ts';
import type { Service, Topology } from '../model/topology.ts';
import { workloadsOf } from '../model/topology-in.ts';
import { keepAvailable } from './availability.ts';
import { codeCopier, mapValues, migrator, runAsUnprivileged, serviceContainer } from './container.ts';
import { mountKafkaCredentials } from './kafka-credentials.ts';
import { CODE_FOLDER } from './live-code.ts';
import { DATABASE_FOLDER, TLS_FOLDER, TOKEN_KEYS_FOLDER, variablesOf } from './service-variables.ts';
import { PRE_STOP_SECONDS, sidecarAnnotations } from './sidecar-annotations.ts';

/** Everything that runs our image. */
export class WorkloadsChart extends Chart {
  constructor(scope: Construct, id: string, topology: Topology, environment: Environment) {
    super(scope, id);
    for (const [name, service] of Object.entries(workloadsOf(topology))) {
      new Workload(this, { name, service, topology, environment });
    }
  }
}

interface WorkloadProps {
  readonly name: string;
  readonly service: Service;
  readonly topology: Topology;
  readonly environment: Environment;
}

/**
 * The objects of one service, all with its name: ServiceAccount, Deployment and, if it serves anything, Service. In a
 * rollout a new pod is ready before an old one terminates, and the old one serves until its callers have the change.
 */
class Workload extends Construct {
  constructor(scope: Construct, { name, service, topology, environment }: WorkloadProps) {
    super(scope, `workload-${name}`);
    const metadata = { name, namespace: service.namespace, labels: { app: name } };

    // cdk8s-plus types its own class as not quite its own interface under exactOptionalPropertyTypes.
    const account = new kplus.ServiceAccount(this, 'account', {
      metadata,
      automountToken: false,
    }) as kplus.IServiceAccount;
    const deployment = new kplus.Deployment(this, 'deployment', {
      metadata,
      replicas: podsOf(name, environment.replicas),
      select: false,
      podMetadata: {
        labels: { app: name },
        annotations: service.external ? {} : sidecarAnnotations(environment, partnerCasOf(name, topology)),
      },
      strategy: kplus.DeploymentStrategy.rollingUpdate({
        maxSurge: kplus.PercentOrAbsolute.absolute(SURGE_PODS),
        maxUnavailable: kplus.PercentOrAbsolute.absolute(0),
      }),
      // Old and new serve side by side for a while: callers send less to the one that is still slow.
      minReady: Duration.seconds(3),
      terminationGracePeriod: Duration.seconds(30),
      serviceAccount: account,
      automountServiceAccountToken: false,
      securityContext: runAsUnprivileged,
    });
    deployment.select(kplus.LabelSelector.of({ labels: { app: name } }));

    const container = deployment.addContainer(
      serviceContainer({
        name,
        service,
        environment,
        isCritical: isCritical(name, topology),
        envVariables: mapValues(variablesOf(name, topology, environment), kplus.EnvValue.fromValue),
      }),
    );
    container.mount('/tmp', kplus.Volume.fromEmptyDir(this, 'tmp', 'tmp'));
    const { database } = service;
    container.mount(DATABASE_FOLDER, this.databaseSecret(database), { readOnly: true });
    deployment.addInitContainer(migrator(name, service, environment, this.databaseSecret(migratorOf(database))));
    if (service.serves === 'https') {
      const secret = kplus.Secret.fromSecretName(this, 'certificate', `${name}-tls`);
      container.mount(TLS_FOLDER, kplus.Volume.fromSecret(this, 'tls', secret, { name: 'tls' }), { readOnly: true });
    }
    if (service.keeps?.includes('payment-tokens')) {
      const secret = kplus.Secret.fromSecretName(this, 'token-keys', TOKEN_KEYS);
      const volume = kplus.Volume.fromSecret(this, 'token-keys-volume', secret, { name: TOKEN_KEYS });
      container.mount(TOKEN_KEYS_FOLDER, volume, { readOnly: true });
    }
    if (usesKafka(name, topology)) mountKafkaCredentials(this, container, name);
    if (environment.fileSync) {
      const code = kplus.Volume.fromEmptyDir(this, 'code', 'code');
      deployment.addInitContainer(codeCopier(environment, code));
      container.mount(CODE_FOLDER, code);
    }
    addWhatPlusLacks(deployment, environment);
    keepAvailable(deployment, service.namespace, environment);

    if (service.serves !== 'nothing') {
      const port = PORTS[service.serves];
      const ports = [{ name: service.serves, port, targetPort: port }];
      new kplus.Service(this, 'service', { metadata, ports }).selectLabel('app', name);
    }
  }

  /** The Secret of a database role. */
  private databaseSecret(role: string): kplus.Volume {
    const secret = kplus.Secret.fromSecretName(this, `database-${role}`, `postgres-${role}`);
    return kplus.Volume.fromSecret(this, `database-${role}-volume`, secret, { name: `database-${role}` });
  }
}

/**
 * Fields that cdk8s-plus-27 lacks: its storage is in whole gibibytes, and its Kubernetes, 1.27, has no native `sleep`,
 * which needs no shell in the image.
 */
function addWhatPlusLacks(deployment: kplus.Deployment, { service }: Environment): void {
  const pod = '/spec/template/spec';
  const containers = [
    ...deployment.containers.map((_, index) => `${pod}/containers/${index}`),
    ...deployment.initContainers.map((_, index) => `${pod}/initContainers/${index}`),
  ];
  patchRendered(
    ApiObject.of(deployment),
    JsonPatch.add('/spec/revisionHistoryLimit', 2),
    JsonPatch.add(`${pod}/securityContext/seccompProfile`, { type: 'RuntimeDefault' }),
    JsonPatch.add(`${pod}/containers/0/lifecycle`, { preStop: { sleep: { seconds: PRE_STOP_SECONDS } } }),
    JsonPatch.remove('/spec/template/metadata/labels/cdk8s.io~1metadata.addr'),
    ...containers.flatMap((path) => [
      JsonPatch.add(`${path}/securityContext/capabilities`, { drop: ['ALL'] }),
      ...['requests', 'limits'].map((bound) =>
        JsonPatch.add(`${path}/resources/${bound}/ephemeral-storage`, `${service.storageMi}Mi`),
      ),
    ]),
  );
}

/** `addJsonPatch` comes too early: the generated class then drops all fields that it does not know. */
function patchRendered(object: ApiObject, ...operations: JsonPatch[]): void {
  const render = object.toJson.bind(object);
  object.toJson = () => JsonPatch.apply(render(), ...operations);
}
