import { Chart } from 'cdk8s';
import type { Construct } from 'constructs';
import { EnvoyFilter, Gateway } from '../imports/networking.istio.io.ts';
import { INGRESS_SELECTOR, MESH_ROOT_NAMESPACE } from '../mesh/caller.ts';
import { gatewayHeaderFilter } from '../mesh/gateway-headers.ts';
import { GATEWAY_RESOURCE } from '../mesh/virtual-service.ts';

/** The entry to the mesh, and the headers that it removes from requests. */
export class GatewayChart extends Chart {
  constructor(scope: Construct, id: string) {
    super(scope, id);
    new Gateway(this, 'gateway', {
      metadata: GATEWAY_RESOURCE,
      spec: {
        selector: INGRESS_SELECTOR,
        servers: [{ port: { name: 'http', number: 80, protocol: 'HTTP' }, hosts: ['*'] }],
      },
    });
    new EnvoyFilter(this, 'headers', {
      metadata: { name: 'edge-headers', namespace: MESH_ROOT_NAMESPACE },
      spec: gatewayHeaderFilter,
    });
  }
}
