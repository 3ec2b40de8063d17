/** The version of Kafka in the image. */
export const KAFKA_VERSION = '4.3.1';
export const KAFKA_METADATA_VERSION = '4.3-IV0';

/** The version of the operator that this program replaces. */
export const OPERATOR_VERSION = '1.2.0';
