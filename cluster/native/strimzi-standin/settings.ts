export interface Settings {
  /** The only namespace that this program watches. */
  readonly namespace: string;
  readonly kafkaImage: string;
}

/** @throws Error that names every missing variable at once. */
export function readSettings(env: NodeJS.ProcessEnv): Settings {
  const { STRIMZI_NAMESPACE: namespace = '', KAFKA_IMAGE: kafkaImage = '' } = env;
  const missing = Object.entries({ STRIMZI_NAMESPACE: namespace, KAFKA_IMAGE: kafkaImage })
    .filter(([, value]) => value === '')
    .map(([name]) => name);
  if (missing.length > 0) throw new Error(`missing environment variables: ${missing.join(', ')}`);
  return { namespace, kafkaImage };
}
