import { builtinResource } from '../../builtin-resource.ts';

/** What a scheduler posts to give a pod its node; the same as pods/NAME/binding, and stored nowhere. */
export const bindings = builtinResource({
  group: '',
  version: 'v1',
  kind: 'Binding',
  resource: 'bindings',
  scope: 'Namespaced',
  verbs: ['create'],
  table: { columns: [], cells: () => [] },
  strategy: { generation: 'none' },
});
