import { METRICS_CONFIG, METRICS_PORT } from './metrics.ts';
import { CERTIFICATE_DIRS, KEYSTORE, LOG_DIR } from './server-config.ts';

/** The path at which the ConfigMap is mounted. */
export const CONFIG_DIR = '/opt/kafka/custom-config';

/** The JMX exporter is an agent in the broker's own process. */
const EXPORTER =
  '-javaagent:"$(echo /opt/kafka/libs/jmx_prometheus_javaagent-*.jar)"' +
  `=${METRICS_PORT.containerPort}:${CONFIG_DIR}/${METRICS_CONFIG} `;

/**
 * The script of the broker's container, which needs a shell and Java. The first start formats the volume. The compiler
 * stays at its first tier, because the broker then starts sooner on a small machine, and its load is light here. One id
 * in 64 begins with a dash, and is a value only behind an equals sign. Kafka reads key and certificate from one file.
 */
export const runScript = (of: {
  readonly max: string;
  readonly min: string;
  readonly pod: string;
  readonly hasMetrics: boolean;
}): string =>
  `set -eu
umask 077
cat ${CERTIFICATE_DIRS.broker}/${of.pod}.key ${CERTIFICATE_DIRS.broker}/${of.pod}.crt > ${KEYSTORE}
umask 022
if [ ! -f ${LOG_DIR}/meta.properties ]; then
  java -XX:TieredStopAtLevel=1 -XX:+UseSerialGC -cp '/opt/kafka/libs/*' kafka.tools.StorageTool format \\
    --cluster-id="$(cat ${CONFIG_DIR}/cluster.id)" --config ${CONFIG_DIR}/server.config
fi
exec java ${of.hasMetrics ? EXPORTER : ''}-Xms${of.min} -Xmx${of.max} -XX:TieredStopAtLevel=1 -XX:+UseSerialGC -XX:+ExitOnOutOfMemoryError \\
  -Dlog4j2.configurationFile=${CONFIG_DIR}/log4j2.properties -cp '/opt/kafka/libs/*' kafka.Kafka ${CONFIG_DIR}/server.config
`;

/** One line for each event on stdout, and only events that an operator would read. */
export const LOG4J2_PROPERTIES = `name = KafkaConfig
appender.console.type = Console
appender.console.name = STDOUT
appender.console.layout.type = PatternLayout
appender.console.layout.pattern = %d{yyyy-MM-dd'T'HH:mm:ss,SSS}{UTC}Z %-5p [%t] %c{1} - %m%n
rootLogger.level = WARN
rootLogger.appenderRefs = console
rootLogger.appenderRef.console.ref = STDOUT
logger.server.name = kafka.server.KafkaRaftServer
logger.server.level = INFO
logger.appinfo.name = org.apache.kafka.common.utils.AppInfoParser
logger.appinfo.level = ERROR
`;
