import { Duration, Size } from 'cdk8s';
import * as kplus from 'cdk8s-plus-27';
import { PORTS } from '../model/addresses.ts';
import type { Environment, Resources } from '../model/environment.ts';
import type { Service } from '../model/topology.ts';
import { CODE_FOLDER, TAR_OPTIONS, watchCommand } from './live-code.ts';
import { DATABASE_FOLDER, databaseVariables } from './service-variables.ts';

const USER = 10001;

/** The user that a pod and each of its containers run as. */
export const runAsUnprivileged = { ensureNonRoot: true, user: USER, group: USER } as const;

export interface ServiceContainerProps {
  readonly name: string;
  readonly service: Service;
  readonly environment: Environment;
  readonly isCritical: boolean;
  readonly envVariables: Record<string, kplus.EnvValue>;
}

/** The container of a service, which its argument selects. Its ports are those that the service really opens. */
export function serviceContainer({
  name,
  service,
  environment,
  isCritical,
  envVariables,
}: ServiceContainerProps): kplus.ContainerProps {
  const { cpuRequestMilli, criticalCpuRequestMilli, ...resources } = environment.service;
  return {
    name,
    image: environment.image,
    imagePullPolicy: kplus.ImagePullPolicy.IF_NOT_PRESENT,
    args: [service.program ?? name],
    ports: portsOf(service),
    ...(environment.fileSync ? watched(name, service, envVariables) : supervised(envVariables)),
    resources: toResources({ ...resources, cpuRequestMilli: isCritical ? criticalCpuRequestMilli : cpuRequestMilli }),
    securityContext: lockedDown(),
  };
}

type Supervision = Pick<kplus.ContainerProps, 'command' | 'envVariables' | 'startup' | 'liveness' | 'readiness'>;

/** The kubelet restarts the container. */
function supervised(envVariables: ServiceContainerProps['envVariables']): Supervision {
  return {
    envVariables,
    startup: probe('/livez', { failureThreshold: 60, periodSeconds: Duration.seconds(1) }),
    liveness: probe('/livez', { failureThreshold: 3, periodSeconds: Duration.seconds(10) }),
    readiness: readiness(2),
  };
}

/**
 * Node restarts the program, and the kubelet leaves the container alone. With startup and liveness probes it
 * would restart a container with a syntax error in its code again and again, and an edit is lost while the container
 * waits for its next start.
 */
function watched(name: string, service: Service, envVariables: ServiceContainerProps['envVariables']): Supervision {
  return {
    command: watchCommand(name, service),
    envVariables: { ...envVariables, TAR_OPTIONS: kplus.EnvValue.fromValue(TAR_OPTIONS) },
    // A developer waits for the answer of the edited code.
    readiness: readiness(1),
  };
}

/**
 * Migrates a service's database, as the role that owns it, whose password no other container has.
 * @param secret of that role
 */
export function migrator(
  name: string,
  { program = name, code = program }: Service,
  environment: Environment,
  secret: kplus.Volume,
): kplus.ContainerProps {
  return {
    name: 'migrate',
    image: environment.image,
    imagePullPolicy: kplus.ImagePullPolicy.IF_NOT_PRESENT,
    command: ['node', `${CODE_FOLDER}/migrate.ts`, code],
    envVariables: mapValues(databaseVariables, kplus.EnvValue.fromValue),
    volumeMounts: [{ path: DATABASE_FOLDER, volume: secret, readOnly: true }],
    resources: toResources(environment.service),
    securityContext: lockedDown(),
  };
}

/** Fills the folder that files are synced into with the image's code. */
export function codeCopier(environment: Environment, code: kplus.Volume): kplus.ContainerProps {
  const target = '/code';
  return {
    name: 'code',
    image: environment.image,
    imagePullPolicy: kplus.ImagePullPolicy.IF_NOT_PRESENT,
    command: ['/bin/sh', '-c', `cp -R ${CODE_FOLDER}/. ${target}/`],
    volumeMounts: [{ path: target, volume: code }],
    resources: toResources(environment.service),
    securityContext: lockedDown(),
  };
}

function portsOf({ serves }: Service): kplus.ContainerPort[] {
  const open = serves === 'nothing' ? [] : [{ name: serves, number: PORTS[serves] }];
  return [...open, { name: 'metrics', number: PORTS.metrics }, { name: 'admin', number: PORTS.admin }];
}

function readiness(periodSeconds: number): kplus.Probe {
  return probe('/readyz', { failureThreshold: 2, periodSeconds: Duration.seconds(periodSeconds) });
}

function probe(path: string, options: kplus.ProbeOptions): kplus.Probe {
  return kplus.Probe.fromHttpGet(path, { port: PORTS.admin, timeoutSeconds: Duration.seconds(2), ...options });
}

function toResources({ cpuRequestMilli, memoryRequestMi, memoryLimitMi }: Resources): kplus.ContainerResources {
  return {
    cpu: { request: kplus.Cpu.millis(cpuRequestMilli) },
    memory: { request: Size.mebibytes(memoryRequestMi), limit: Size.mebibytes(memoryLimitMi) },
  };
}

export function mapValues<From, To>(
  record: Readonly<Record<string, From>>,
  map: (value: From) => To,
): Record<string, To> {
  return Object.fromEntries(Object.entries(record).map(([key, value]) => [key, map(value)]));
}

function lockedDown(): kplus.ContainerSecurityContextProps {
  return {
    ...runAsUnprivileged,
    readOnlyRootFilesystem: true,
    allowPrivilegeEscalation: false,
  };
}
