import { condition, labelSelector, of, type Sample, time } from './sample.ts';
import { claimSpec } from './volumes.ts';

const core = of('', 'v1');
const apps = of('apps', 'v1');
const batch = of('batch', 'v1');
const template = {
  metadata: { labels: { app: 'web', tier: 'a' }, annotations: { note: 'x' } },
  spec: {
    containers: [
      { name: 'main', image: 'nginx:1', resources: { limits: { cpu: '1' } }, env: [{ name: 'A', value: 'b' }] },
    ],
  },
};
const jobTemplate = {
  metadata: { labels: { app: 'web' } },
  spec: { restartPolicy: 'Never', containers: [{ name: 'main', image: 'nginx:1' }] },
};
const workloadCondition = { ...condition, lastUpdateTime: time };
const counts = { replicas: 3, readyReplicas: 2, availableReplicas: 1, observedGeneration: 1 };

const deployment = {
  replicas: 3,
  selector: labelSelector,
  template,
  strategy: { type: 'RollingUpdate', rollingUpdate: { maxUnavailable: '25%', maxSurge: 1 } },
  minReadySeconds: 5,
  revisionHistoryLimit: 4,
  paused: true,
  progressDeadlineSeconds: 300,
};
const job = {
  parallelism: 2,
  completions: 3,
  activeDeadlineSeconds: 100,
  podFailurePolicy: {
    rules: [
      { action: 'FailJob', onExitCodes: { containerName: 'main', operator: 'In', values: [1, 2] } },
      { action: 'Ignore', onPodConditions: [{ type: 'DisruptionTarget', status: 'True' }] },
      { action: 'FailIndex', onExitCodes: { operator: 'NotIn', values: [0, 3] } },
    ],
  },
  successPolicy: { rules: [{ succeededIndexes: '0-1', succeededCount: 1 }] },
  backoffLimit: 4,
  backoffLimitPerIndex: 1,
  maxFailedIndexes: 2,
  ttlSecondsAfterFinished: 60,
  completionMode: 'Indexed',
  suspend: true,
  podReplacementPolicy: 'Failed',
  managedBy: 'example.com/controller',
  template: jobTemplate,
};

export const workloadSamples: readonly Sample[] = [
  apps(
    'deployments',
    'Deployment',
    { spec: deployment },
    {
      status: {
        ...counts,
        updatedReplicas: 2,
        unavailableReplicas: 1,
        collisionCount: 1,
        conditions: [workloadCondition],
      },
    },
  ),
  apps('deployments', 'Deployment', {
    spec: { selector: { matchLabels: { app: 'web' } }, template, strategy: { type: 'Recreate' } },
  }),
  apps(
    'replicasets',
    'ReplicaSet',
    { spec: { replicas: 2, minReadySeconds: 1, selector: labelSelector, template } },
    {
      status: { ...counts, fullyLabeledReplicas: 1, conditions: [condition] },
    },
  ),
  apps(
    'statefulsets',
    'StatefulSet',
    {
      spec: {
        replicas: 2,
        selector: labelSelector,
        template,
        volumeClaimTemplates: [{ metadata: { name: 'data', labels: { a: 'b' } }, spec: claimSpec }],
        serviceName: 'web',
        podManagementPolicy: 'Parallel',
        updateStrategy: { type: 'RollingUpdate', rollingUpdate: { partition: 1 } },
        revisionHistoryLimit: 3,
        minReadySeconds: 2,
        persistentVolumeClaimRetentionPolicy: { whenDeleted: 'Delete', whenScaled: 'Retain' },
        ordinals: { start: 1 },
      },
    },
    {
      status: {
        ...counts,
        currentReplicas: 1,
        updatedReplicas: 1,
        currentRevision: 'a',
        updateRevision: 'b',
        collisionCount: 0,
        conditions: [condition],
      },
    },
  ),
  apps('statefulsets', 'StatefulSet', {
    spec: { selector: { matchLabels: { app: 'web' } }, template, updateStrategy: { type: 'OnDelete' } },
  }),
  apps(
    'daemonsets',
    'DaemonSet',
    {
      spec: {
        selector: labelSelector,
        template,
        updateStrategy: { type: 'RollingUpdate', rollingUpdate: { maxUnavailable: 0, maxSurge: '10%' } },
        minReadySeconds: 2,
        revisionHistoryLimit: 3,
      },
    },
    {
      status: {
        currentNumberScheduled: 1,
        numberMisscheduled: 1,
        desiredNumberScheduled: 1,
        numberReady: 1,
        observedGeneration: 1,
        updatedNumberScheduled: 1,
        numberAvailable: 1,
        numberUnavailable: 1,
        collisionCount: 1,
        conditions: [condition],
      },
    },
  ),
  apps('controllerrevisions', 'ControllerRevision', { data: { spec: { a: 1 } }, revision: 3 }),
  core(
    'replicationcontrollers',
    'ReplicationController',
    { spec: { replicas: 2, minReadySeconds: 1, selector: { app: 'web' }, template } },
    {
      status: { ...counts, fullyLabeledReplicas: 1, conditions: [condition] },
    },
  ),
  batch(
    'jobs',
    'Job',
    { spec: job },
    {
      status: {
        conditions: [
          {
            type: 'Suspended',
            status: 'True',
            reason: 'R',
            message: 'm',
            lastProbeTime: time,
            lastTransitionTime: time,
          },
        ],
        startTime: time,
        active: 1,
        succeeded: 1,
        failed: 1,
        terminating: 1,
        completedIndexes: '0',
        failedIndexes: '2',
        uncountedTerminatedPods: { succeeded: ['a'], failed: ['b'] },
        ready: 1,
      },
    },
  ),
  batch('jobs', 'Job', { spec: { template: { spec: { ...jobTemplate.spec, restartPolicy: 'OnFailure' } } } }),
  batch('jobs', 'Job', {
    spec: { manualSelector: true, selector: { matchLabels: { app: 'web' } }, template: jobTemplate },
  }),
  batch(
    'cronjobs',
    'CronJob',
    {
      spec: {
        schedule: '*/5 * * * *',
        timeZone: 'Europe/Berlin',
        startingDeadlineSeconds: 10,
        concurrencyPolicy: 'Forbid',
        suspend: true,
        jobTemplate: { metadata: { labels: { a: 'b' } }, spec: { template: jobTemplate, backoffLimit: 1 } },
        successfulJobsHistoryLimit: 2,
        failedJobsHistoryLimit: 1,
      },
    },
    {
      status: {
        active: [{ kind: 'Job', namespace: 'x', name: 'j', uid: 'u', apiVersion: 'batch/v1' }],
        lastScheduleTime: time,
        lastSuccessfulTime: time,
      },
    },
  ),
  of('policy', 'v1')(
    'poddisruptionbudgets',
    'PodDisruptionBudget',
    {
      spec: { minAvailable: '50%', selector: labelSelector, unhealthyPodEvictionPolicy: 'AlwaysAllow' },
    },
    {
      status: {
        observedGeneration: 1,
        disruptedPods: { p: time },
        disruptionsAllowed: 1,
        currentHealthy: 1,
        desiredHealthy: 1,
        expectedPods: 1,
        conditions: [condition],
      },
    },
  ),
  of('policy', 'v1')('poddisruptionbudgets', 'PodDisruptionBudget', { spec: { maxUnavailable: 1, selector: {} } }),
];

const policies = {
  stabilizationWindowSeconds: 60,
  selectPolicy: 'Max',
  policies: [{ type: 'Percent', value: 10, periodSeconds: 60 }],
};
const target = { type: 'Value', value: '10' };
const scaleTargetRef = { apiVersion: 'apps/v1', kind: 'Deployment', name: 'web' };
const metric = { name: 'requests', selector: labelSelector };
const current = { averageValue: '1', averageUtilization: 5 };
export const autoscalerSamples: readonly Sample[] = [
  of('autoscaling', 'v2')(
    'horizontalpodautoscalers',
    'HorizontalPodAutoscaler',
    {
      spec: {
        scaleTargetRef,
        minReplicas: 1,
        maxReplicas: 5,
        metrics: [
          { type: 'Resource', resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: 50 } } },
          {
            type: 'ContainerResource',
            containerResource: {
              name: 'memory',
              container: 'main',
              target: { type: 'AverageValue', averageValue: '1Gi' },
            },
          },
          { type: 'Pods', pods: { metric, target: { type: 'AverageValue', averageValue: '10' } } },
          { type: 'Object', object: { metric, describedObject: scaleTargetRef, target } },
          { type: 'External', external: { metric, target } },
        ],
        behavior: { scaleUp: policies, scaleDown: { ...policies, selectPolicy: 'Disabled' } },
      },
    },
    {
      status: {
        observedGeneration: 1,
        lastScaleTime: time,
        currentReplicas: 1,
        desiredReplicas: 2,
        conditions: [{ ...condition, type: 'AbleToScale' }],
        currentMetrics: [
          { type: 'Resource', resource: { name: 'cpu', current } },
          { type: 'Pods', pods: { metric, current } },
        ],
      },
    },
  ),
  of('autoscaling', 'v1')(
    'horizontalpodautoscalers',
    'HorizontalPodAutoscaler',
    {
      spec: { scaleTargetRef, minReplicas: 1, maxReplicas: 5, targetCPUUtilizationPercentage: 50 },
    },
    {
      status: {
        observedGeneration: 1,
        lastScaleTime: time,
        currentReplicas: 1,
        desiredReplicas: 2,
        currentCPUUtilizationPercentage: 3,
      },
    },
  ),
];
