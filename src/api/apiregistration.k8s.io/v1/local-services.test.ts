import assert from 'node:assert/strict';
import { test } from 'node:test';
import { localApiServices } from './local-services.ts';
import type { ApiService } from './types.ts';

/** Name, priority of the group, priority of the version, as a stock 1.33 server lists them. */
const stock = [
  ['v1.', 18_000, 1],
  ['v1.apps', 17_800, 15],
  ['v1.autoscaling', 17_500, 15],
  ['v2.autoscaling', 17_500, 30],
  ['v1.flowcontrol.apiserver.k8s.io', 16_100, 21],
];

test('what the server serves itself is Local, with stock’s priorities, and listed once', () => {
  const groupVersions = [
    { group: '', version: 'v1' },
    { group: '', version: 'v1' },
    { group: 'apiregistration.k8s.io', version: 'v1' },
    { group: 'apps', version: 'v1' },
    { group: 'autoscaling', version: 'v1' },
    { group: 'autoscaling', version: 'v2' },
    { group: 'flowcontrol.apiserver.k8s.io', version: 'v1' },
    { group: 'own.example.dev', version: 'v1alpha1' },
  ];
  const services = localApiServices(groupVersions, '2026-01-01T00:00:00Z') as ApiService[];
  const shown = services.map(({ metadata, spec }) => [
    metadata.name,
    spec?.groupPriorityMinimum,
    spec?.versionPriority,
  ]);
  assert.deepEqual(shown, [...stock, ['v1alpha1.own.example.dev', 1000, 100]]);
  for (const { status } of services) assert.equal(status?.conditions?.[0]?.reason, 'Local');
});
