import { type FieldError, fieldError } from '../../../apimachinery/errors.ts';
import { isObject, type Json } from '../../../apimachinery/json.ts';
import { type KubeObject, parseApiVersion } from '../../../apimachinery/object.ts';
import { ageCell, ageColumn, nameColumn, stringColumn } from '../../../apimachinery/table.ts';
import { builtinResource } from '../../builtin-resource.ts';
import { requireNonNegative, requireUnchanged } from '../../field-path.ts';

type ControllerRevision = KubeObject & { data?: Json; revision?: number };

/** `deployment.apps/web`, as kubectl names objects with their kinds. */
function controllerCell(object: KubeObject): string {
  const owner = object.metadata.ownerReferences?.find(({ controller }) => controller === true);
  if (owner === undefined) return '<none>';
  const { group } = parseApiVersion(owner.apiVersion);
  return `${owner.kind.toLowerCase()}${group === '' ? '' : `.${group}`}/${owner.name}`;
}

export const controllerRevisions = builtinResource({
  group: 'apps',
  version: 'v1',
  kind: 'ControllerRevision',
  resource: 'controllerrevisions',
  scope: 'Namespaced',
  table: {
    columns: [
      nameColumn,
      stringColumn('Controller', 'Whose state it holds.'),
      stringColumn('Revision', 'The number of the revision.'),
      ageColumn,
    ],
    cells: (object, now) => [
      object.metadata.name ?? '',
      controllerCell(object),
      (object as ControllerRevision).revision ?? 0,
      ageCell(object, now),
    ],
  },
  strategy: {
    generation: 'none',
    allowUnconditionalUpdate: true,
    validate(object) {
      const errors: FieldError[] = [];
      requireNonNegative('revision', (object as ControllerRevision).revision, errors);
      return errors;
    },
    validateCreate(object) {
      const { data } = object as ControllerRevision;
      if (isObject(data)) return [];
      const given = data !== undefined && data !== null;
      return [fieldError.required('data', given ? 'data must be a valid JSON object' : 'data is mandatory')];
    },
    validateUpdate(object, old) {
      const errors: FieldError[] = [];
      requireUnchanged('data', (object as ControllerRevision).data, (old as ControllerRevision).data, errors);
      return errors;
    },
  },
});
