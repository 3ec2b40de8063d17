import { basename, dirname } from 'node:path';
import type { KubernetesObject } from '../kubernetes/objects.ts';

/** The certificate that a partner simulated in the cluster needs so that its callers trust it. */
export interface PartnerCertificate {
  readonly partner: string;
  /** The partner's own namespace. */
  readonly namespace: string;
  /** The only name in the certificate. */
  readonly host: string;
  /** The ConfigMap with the authority that callers trust, in their namespace `callers`. */
  readonly authority: string;
  readonly callers: string;
}

interface MeshObject extends KubernetesObject {
  readonly spec?: {
    readonly hosts?: readonly string[];
    readonly location?: string;
    readonly endpoints?: readonly { readonly address: string }[];
    readonly host?: string;
    readonly trafficPolicy?: { readonly tls?: { readonly caCertificates?: string } };
  };
}

/**
 * The certificates that manifests ask for. A ServiceEntry outside the mesh whose endpoint is a Service of this cluster
 * is a simulated partner. The DestinationRule of its host names the authority: the folder of the CA's file. A real
 * partner brings its own certificate.
 * @throws Error if no DestinationRule says whom the callers of a simulated partner trust
 */
export function partnerCertificates(objects: readonly MeshObject[]): PartnerCertificate[] {
  const authorities = new Map(
    objects
      .filter(({ kind }) => kind === 'DestinationRule')
      .map(({ spec, metadata }) => [spec?.host, { tls: spec?.trafficPolicy?.tls, callers: metadata.namespace ?? '' }]),
  );
  return objects
    .filter(({ kind, spec }) => kind === 'ServiceEntry' && spec?.location === 'MESH_EXTERNAL')
    .flatMap(({ spec }) => {
      const [, partner, namespace] = spec?.endpoints?.[0]?.address.match(/^([^.]+)\.([^.]+)\.svc\./) ?? [];
      const host = spec?.hosts?.[0];
      if (!partner || !namespace || !host) return [];
      const { tls, callers = '' } = authorities.get(host) ?? {};
      const caFile = tls?.caCertificates;
      if (!caFile) throw new Error(`no DestinationRule for ${host} names the authority of its certificate`);
      return [{ partner, namespace, host, authority: basename(dirname(caFile)), callers }];
    });
}
