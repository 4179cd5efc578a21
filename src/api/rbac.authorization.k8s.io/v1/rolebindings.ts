import { builtinResource } from '../../builtin-resource.ts';
import { bindingStrategy, bindingTable } from './bindings.ts';
import { rbacGroup } from './rules.ts';

export const roleBindings = builtinResource({
  group: rbacGroup,
  version: 'v1',
  kind: 'RoleBinding',
  resource: 'rolebindings',
  scope: 'Namespaced',
  table: bindingTable,
  strategy: bindingStrategy(true),
});
