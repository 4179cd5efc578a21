import type { KubeObject } from '../../../apimachinery/object.ts';
import { localCondition } from './types.ts';

/** Priorities of the groups that stock's APIServices name; and of versions that are not the only one of their group. */
const groupPriorities: Readonly<Record<string, number>> = {
  '': 18_000,
  apps: 17_800,
  'events.k8s.io': 17_750,
  'authentication.k8s.io': 17_700,
  'authorization.k8s.io': 17_600,
  autoscaling: 17_500,
  batch: 17_400,
  'certificates.k8s.io': 17_300,
  'networking.k8s.io': 17_200,
  policy: 17_100,
  'rbac.authorization.k8s.io': 17_000,
  'storage.k8s.io': 16_800,
  'apiextensions.k8s.io': 16_700,
  'admissionregistration.k8s.io': 16_700,
  'scheduling.k8s.io': 16_600,
  'coordination.k8s.io': 16_500,
  'node.k8s.io': 16_300,
  'discovery.k8s.io': 16_200,
  'flowcontrol.apiserver.k8s.io': 16_100,
};
const versionPriorities: Readonly<Record<string, number>> = {
  '/v1': 1,
  'autoscaling/v2': 30,
  'flowcontrol.apiserver.k8s.io/v1': 21,
};
const stockVersionPriority = 15;
/** Of groups that stock does not have: what custom resources get. */
export const localPriority = { group: 1000, version: 100 } as const;

/** Says which APIServices the server makes itself: `onstart` for what is built in, `true` for custom resources. */
export const automanagedLabel = 'kube-aggregator.kubernetes.io/automanaged';

/** What the server gives a group or version that it serves itself: the higher, the earlier in discovery. */
export function localGroupPriority(group: string): number {
  return groupPriorities[group] ?? localPriority.group;
}

/** The same for a version within its group. */
export function localVersionPriority(group: string, version: string): number {
  const known = groupPriorities[group] !== undefined;
  return versionPriorities[`${group}/${version}`] ?? (known ? stockVersionPriority : localPriority.version);
}

/** The APIService of a group version of custom resources, by its name (`v1.example.com`). */
export function customResourceApiService(name: string): KubeObject {
  const dot = name.indexOf('.');
  const spec = {
    group: name.slice(dot + 1),
    version: name.slice(0, dot),
    groupPriorityMinimum: localPriority.group,
    versionPriority: localPriority.version,
  };
  const metadata = { name, labels: { [automanagedLabel]: 'true' } };
  return { kind: 'APIService', apiVersion: 'apiregistration.k8s.io/v1', metadata, spec } as KubeObject;
}

/** The APIServices of what the server serves itself, as kube-aggregator registers them at its start. */
export function localApiServices(
  groupVersions: Iterable<{ readonly group: string; readonly version: string }>,
  time: string,
): KubeObject[] {
  const services = new Map<string, KubeObject>();
  for (const { group, version } of groupVersions) {
    // The group of APIServices is kube-aggregator's own: it has none.
    if (group === 'apiregistration.k8s.io') continue;
    const name = `${version}.${group}`;
    services.set(name, {
      kind: 'APIService',
      apiVersion: 'apiregistration.k8s.io/v1',
      metadata: { name, labels: { [automanagedLabel]: 'onstart' } },
      spec: {
        ...(group === '' ? {} : { group }),
        version,
        groupPriorityMinimum: localGroupPriority(group),
        versionPriority: localVersionPriority(group, version),
      },
      status: {
        conditions: [
          {
            type: localCondition.type,
            status: localCondition.status,
            lastTransitionTime: time,
            reason: localCondition.reason,
            message: localCondition.message,
          },
        ],
      },
    } as KubeObject);
  }
  return [...services.values()];
}
