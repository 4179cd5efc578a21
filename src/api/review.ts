import { builtinResource } from './builtin-resource.ts';
import type { ResourceDefinition } from './resource-definition.ts';

/**
 * A question in the form of a resource: it is posted, answered in its status, and stored nowhere. Its logic is registered in registry/; as in stock, it
 * has no table.
 */
export function reviewResource(options: {
  readonly group: string;
  readonly version: string;
  readonly kind: string;
  readonly scope: 'Namespaced' | 'Cluster';
}): ResourceDefinition {
  return builtinResource({
    ...options,
    resource: `${options.kind.toLowerCase()}s`,
    verbs: ['create'],
    table: { columns: [], cells: () => [] },
    strategy: { generation: 'none' },
  });
}
