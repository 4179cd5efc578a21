import type { Container, PodSpec, Volume } from '../../api/core/v1/pod-template/types.ts';
import { generateName } from '../../registry/generic/metadata.ts';

const prefix = 'kube-api-access-';
const mountPath = '/var/run/secrets/kubernetes.io/serviceaccount';
/** An hour, and so many seconds that a token which came this way can be told from others. */
const expirationSeconds = 3607;
const defaultMode = 0o644;

/** Lets the containers that have nothing there find their account's token, the server's authority and their namespace where clients look for them. */
export function mountToken(spec: PodSpec): void {
  const own = spec.volumes?.find((volume) => volume.name?.startsWith(prefix))?.name;
  const name = own ?? generateName(prefix);
  const mounted = [...(spec.initContainers ?? []), ...(spec.containers ?? [])].filter((each) => mount(each, name));
  if (own === undefined && mounted.length > 0) spec.volumes = [...(spec.volumes ?? []), tokenVolume(name)];
}

/** Whether the container needed the mount. */
function mount(container: Container, name: string): boolean {
  const mounts = container.volumeMounts ?? [];
  if (mounts.some((each) => each.mountPath === mountPath)) return false;
  container.volumeMounts = [...mounts, { name, readOnly: true, mountPath }];
  return true;
}

function tokenVolume(name: string): Volume {
  return {
    name,
    projected: {
      sources: [
        { serviceAccountToken: { expirationSeconds, path: 'token' } },
        { configMap: { name: 'kube-root-ca.crt', items: [{ key: 'ca.crt', path: 'ca.crt' }] } },
        {
          downwardAPI: {
            items: [{ path: 'namespace', fieldRef: { apiVersion: 'v1', fieldPath: 'metadata.namespace' } }],
          },
        },
      ],
      defaultMode,
    },
  };
}
