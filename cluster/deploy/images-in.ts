import { parseAllDocuments } from 'yaml';

/**
 * The images that rendered charts run, each once: those of pods, and those that Istio's injector and Strimzi's operator
 * put into pods. The image `auto` is a placeholder for the injector's and is left out.
 */
export function imagesIn(manifests: string): string[] {
  const images = new Set<string>();
  for (const document of parseAllDocuments(manifests)) collect(document.toJS({ maxAliasCount: -1 }), images);
  return [...images];
}

function collect(value: unknown, images: Set<string>): void {
  if (Array.isArray(value)) for (const item of value) collect(item, images);
  if (typeof value !== 'object' || value === null) return;
  const { kind, data, name, value: text } = value as Record<string, unknown>;
  if (kind === 'ConfigMap') for (const image of injected(data)) images.add(image);
  if (name === 'STRIMZI_KAFKA_IMAGES' && typeof text === 'string') images.add(newest(text));
  for (const [key, item] of Object.entries(value)) {
    if (key === 'image' && typeof item === 'string' && item.includes('/')) images.add(item);
    else collect(item, images);
  }
}

/** The sidecar's image, from the injector's values. */
function injected(data: unknown): string[] {
  const { values } = (data ?? {}) as { values?: string };
  if (!values?.trimStart().startsWith('{')) return [];
  const { global } = JSON.parse(values) as { global?: { hub?: string; tag?: string; proxy?: { image?: string } } };
  const { hub, tag, proxy } = global ?? {};
  return hub && tag && proxy?.image ? [`${hub}/${proxy.image}:${tag}`] : [];
}

/** Strimzi lists an image per line, `<Kafka's version>=<image>`. The newest is last, and our brokers run it. */
function newest(lines: string): string {
  return lines.trim().split('\n').at(-1)?.split('=')[1] ?? '';
}
