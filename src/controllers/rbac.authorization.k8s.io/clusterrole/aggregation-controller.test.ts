import { describe, it } from 'node:test';
import { rootCluster } from '../../../logicalcluster/name.ts';
import { TestPlane, until } from '../../testing.ts';

const ref = (resource: string, namespace: string, name: string) => ({
  cluster: rootCluster,
  resource,
  namespace,
  name,
});

describe('aggregated cluster roles', () => {
  it('show the rules of the roles that their selectors find', async () => {
    const plane = new TestPlane();
    try {
      plane.startControllers();
      const roles = 'clusterroles.rbac.authorization.k8s.io';
      const rule = (resource: string) => ({ verbs: ['get'], apiGroups: ['example.com'], resources: [resource] });
      await plane.create(roles, '', 'sum', {
        rules: [],
        aggregationRule: { clusterRoleSelectors: [{ matchLabels: { sum: 'yes' } }] },
      });
      await plane.create(roles, '', 'one', { rules: [rule('ones')], metadata: { labels: { sum: 'yes' } } });
      const rules = async (name: string) => JSON.stringify((await plane.find(roles, '', name))?.rules);
      await until(async () => (await rules('sum')) === JSON.stringify([rule('ones')]));
      await plane.client.delete(ref(roles, '', 'one'));
      await until(async () => (await rules('sum')) === 'null');
      const view = await rules('view');
      const label = { 'rbac.authorization.k8s.io/aggregate-to-view': 'true' };
      await plane.create(roles, '', 'two', { rules: [rule('twos')], metadata: { labels: label } });
      for (const name of ['view', 'edit', 'admin'])
        await until(async () => (await rules(name))?.includes('twos') === true);
      await plane.client.delete(ref(roles, '', 'two'));
      await until(async () => (await rules('view')) === view);
    } finally {
      await plane.close();
    }
  });
});
