const needsRoot = 'only root makes cgroups and enters networks; the cluster tests that use faults need root, too';
const needsNative =
  "kind's node is kind's own; these tests start and end native ones, whose parts are not built on kind";

const needsHistory = 'a shallow clone does not have the commit of the last release: `git fetch --unshallow`';

/**
 * Tests that may be skipped, by their full name (`describe > test`), and why. Any other skipped test makes the run fail
 * (harness/reporter.ts).
 */
export const allowedSkips: Readonly<Record<string, string>> = {
  'a fault > kills the first process of the container, and reports it as gone': needsRoot,
  'a fault > kills one program of the container': needsRoot,
  'a fault > freezes the whole container for a time, and resumes it': needsRoot,
  'a fault > is reverted at once if it is canceled': needsRoot,
  'a fault > is reverted if its requester is killed': needsRoot,
  'a fault > cuts a connection, counts the dropped packets, and restores it': needsRoot,
  'a fault > reports that it found no process': needsRoot,
  'a native cluster > comes up beside another one, even after earlier starts of it were interrupted': needsNative,
  'a native cluster > lets only its owner read its kubeconfig, and no other machine reach its API server': needsNative,
  'a native cluster > accepts packets through its cable only from this host': needsNative,
  'a native cluster > restarts a component that has died': needsNative,
  'a native cluster > does not change with a second start': needsNative,
  'a native cluster > is replaced, and says why, after its processes were killed as by a reboot': needsNative,
  'a native cluster > leaves nothing when it is removed: no process, mount, interface, firewall rule, sysctl or cgroup':
    needsNative,
  'a native cluster > is found and removed completely even after its folder was deleted': needsNative,
  'the manifests, applied by kubectl on an empty cluster with the platform, > bring the system up as the document says':
    needsNative,
  'the manifests, applied by kubectl on an empty cluster with the platform, > give each service its sidecar at once: no deployment was rolled out twice':
    needsNative,
  'the manifests, applied by kubectl on an empty cluster with the platform, > are found again by `make status`, and removed by `make down`, after .windlass was deleted':
    needsNative,
  'on a cluster with other teams and an Istio of theirs, Windlass > refuses a namespace of its name that is not its own, before it changes anything':
    needsNative,
  'on a cluster with other teams and an Istio of theirs, Windlass > says what it will use, and serves orders in the mesh of others':
    needsNative,
  'on a cluster with other teams and an Istio of theirs, Windlass > leaves everything of others as it was while it runs':
    needsNative,
  'on a cluster with other teams and an Istio of theirs, Windlass > changes nothing when it is brought up again':
    needsNative,
  'on a cluster with other teams and an Istio of theirs, Windlass > removes exactly what it made, says what stays, and finds nothing more to remove':
    needsNative,
  'the last release > has no migration that this one has changed or lost, so its databases become those of this release':
    needsHistory,
  'the last release > knows what each contract of this one needs': needsHistory,
  'the last release > passes its own tests on the schema of this one': needsHistory,
};
