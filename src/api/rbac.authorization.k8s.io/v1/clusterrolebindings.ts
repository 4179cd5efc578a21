import { builtinResource } from '../../builtin-resource.ts';
import { bindingStrategy, bindingTable } from './bindings.ts';
import { rbacGroup } from './rules.ts';

export const clusterRoleBindings = builtinResource({
  group: rbacGroup,
  version: 'v1',
  kind: 'ClusterRoleBinding',
  resource: 'clusterrolebindings',
  scope: 'Cluster',
  table: bindingTable,
  strategy: bindingStrategy(false),
});
