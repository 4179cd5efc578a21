import { run } from './request.ts';

const ns = `/api/v1/namespaces/${run}`;
/** Where ConfigMaps are. */
export const cms = `${ns}/configmaps`;
/** Where Deployments are. */
export const deployments = `/apis/apps/v1/namespaces/${run}/deployments`;
/** Fields beside those that matter. */
export type More = Record<string, unknown>;

/** A ConfigMap. */
export function config(name: string, more: More = {}, metadata: More = {}): object {
  return { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, ...metadata }, ...more };
}
/** A container with a port. */
export const container = { name: 'c', image: 'i', ports: [{ containerPort: 80 }] };
/** A Deployment that selects its own pods. */
export function deployment(name: string, spec: More = {}, template: More = {}): object {
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name },
    spec: {
      selector: { matchLabels: { a: name } },
      template: { metadata: { labels: { a: name } }, spec: { containers: [container], ...template } },
      ...spec,
    },
  };
}
