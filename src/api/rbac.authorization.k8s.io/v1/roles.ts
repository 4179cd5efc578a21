import type { KubeObject } from '../../../apimachinery/object.ts';
import { defaultTable } from '../../../apimachinery/table.ts';
import { nameIsPathSegment } from '../../../apimachinery/validation/names.ts';
import { builtinResource } from '../../builtin-resource.ts';
import { type PolicyRule, rbacGroup, validateRules } from './rules.ts';

type Role = KubeObject & { rules?: PolicyRule[] };

export const roles = builtinResource({
  group: rbacGroup,
  version: 'v1',
  kind: 'Role',
  resource: 'roles',
  scope: 'Namespaced',
  table: defaultTable,
  strategy: {
    generation: 'none',
    repeatsErrors: true,
    allowCreateOnUpdate: true,
    allowUnconditionalUpdate: true,
    validate: (object) => validateRules((object as Role).rules ?? [], true),
    validateName: nameIsPathSegment,
  },
});
