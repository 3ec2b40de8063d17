import type { V1PersistentVolumeClaim, V1StatefulSetSpec, V1Volume } from '@kubernetes/client-node';
import type { NodePool, Storage } from '../resources.ts';

/** The volume's name. With the pod's name it forms the claim's name: `data-events-dual-0`. */
function volumeOf(storage: Storage): { readonly name: string; readonly storage: Storage } {
  const [first] = storage.type === 'jbod' ? (storage.volumes ?? []) : [];
  return first === undefined ? { name: 'data', storage } : { name: 'data-0', storage: first };
}

export interface DataVolume {
  readonly name: string;
  /** An emptyDir that is deleted with the pod; undefined if the claim below contains the data. */
  readonly volumes: V1Volume[];
  readonly claims: Pick<V1StatefulSetSpec, 'volumeClaimTemplates' | 'persistentVolumeClaimRetentionPolicy'>;
}

/** The volume with the data of a pool's node. */
export function dataVolume(pool: NodePool): DataVolume {
  const { name, storage } = volumeOf(pool.spec.storage);
  if (storage.type === 'ephemeral') return { name, volumes: [{ name, emptyDir: {} }], claims: {} };
  const claim: V1PersistentVolumeClaim = {
    apiVersion: 'v1',
    kind: 'PersistentVolumeClaim',
    metadata: { name },
    spec: {
      accessModes: ['ReadWriteOnce'],
      ...(storage.class === undefined ? {} : { storageClassName: storage.class }),
      resources: { requests: { storage: storage.size ?? '1Gi' } },
    },
  };
  const whenDeleted = storage.deleteClaim === true ? 'Delete' : 'Retain';
  return {
    name,
    volumes: [],
    claims: {
      volumeClaimTemplates: [claim],
      persistentVolumeClaimRetentionPolicy: { whenDeleted, whenScaled: 'Retain' },
    },
  };
}
