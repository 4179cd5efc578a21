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
const otherGroupPriority = 1000;
const otherVersionPriority = 100;

/** The APIServices of what the server serves itself, as kube-aggregator registers them at its start. */
export function localApiServices(
  groupVersions: Iterable<{ readonly group: string; readonly version: string }>,
  time: string,
): KubeObject[] {
  const services = new Map<string, KubeObject>();
  for (const { group, version } of groupVersions) {
    // The group of APIServices is kube-aggregator's own: it has none.
    if (group === 'apiregistration.k8s.io') continue;
    const known = groupPriorities[group] !== undefined;
    const name = `${version}.${group}`;
    services.set(name, {
      kind: 'APIService',
      apiVersion: 'apiregistration.k8s.io/v1',
      metadata: { name, labels: { 'kube-aggregator.kubernetes.io/automanaged': 'onstart' } },
      spec: {
        ...(group === '' ? {} : { group }),
        version,
        groupPriorityMinimum: groupPriorities[group] ?? otherGroupPriority,
        versionPriority:
          versionPriorities[`${group}/${version}`] ?? (known ? stockVersionPriority : otherVersionPriority),
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
