import type { V1PersistentVolumeClaim, V1StatefulSetSpec, V1Volume } from '@kubernetes/client-node';
import type { NodePool, Storage } from '../resources.ts';

/** The volume's name: with the pod's it makes the claim's, `data-events-dual-0`. */
function volumeOf(storage: Storage): { readonly name: string; readonly storage: Storage } {
  const [first] = storage.type === 'jbod' ? (storage.volumes ?? []) : [];
  return first === undefined ? { name: 'data', storage } : { name: 'data-0', storage: first };
}

export interface DataVolume {
  readonly name: string;
  /** An empty folder that goes with the pod, or nothing: then the claim below holds the data. */
  readonly volumes: V1Volume[];
  readonly claims: Pick<V1StatefulSetSpec, 'volumeClaimTemplates' | 'persistentVolumeClaimRetentionPolicy'>;
}

/** Where a pool's node keeps its data. */
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
