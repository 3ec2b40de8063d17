/** What the Kafka image holds. */
export const KAFKA_VERSION = '4.3.1';
export const KAFKA_METADATA_VERSION = '4.3-IV0';

/** The operator that is stood in for. */
export const OPERATOR_VERSION = '1.2.0';
