import type { ResourceDefinition } from '../../api/resource-definition.ts';
import { badRequest } from '../../apimachinery/errors.ts';
import { parseFieldSelector } from '../../apimachinery/fields.ts';
import { type LabelSelector, matchesLabels, parseLabelSelector } from '../../apimachinery/labels.ts';
import type { CachedObject, ObjectFilter } from '../../storage/object-store.ts';
import type { Selection } from '../registry.ts';

/** A parsed selection. Labels and names are read from caches without parsing the object; other fields need the object. */
export type CompiledSelection = {
  /** Equal keys select equally. */
  readonly key: string;
  readonly matches: ObjectFilter;
  /** It looks at fields that may be elsewhere in another version. */
  readonly looksInside: boolean;
};

type FieldRequirement = ReturnType<typeof parseFieldSelector>[number];

/**
 * What a request selects; undefined when it selects everything.
 * @throws 400 for selectors that do not parse and for fields that the kind does not offer.
 */
export function compileSelection(definition: ResourceDefinition, selection: Selection): CompiledSelection | undefined {
  const labelText = selection.labelSelector ?? '';
  const fieldText = selection.fieldSelector ?? '';
  if (labelText === '' && fieldText === '') return undefined;
  const labels = labelText === '' ? undefined : parseLabelSelector(labelText);
  const fields = fieldText === '' ? [] : parseFieldSelector(fieldText);
  const matches = joinFilters(
    labels,
    fields.map((each) => fieldFilter(definition, each)),
  );
  const looksInside = fields.some(({ field }) => !field.startsWith('metadata.'));
  return { key: `${labelText}|${fieldText}`, matches, looksInside };
}

function joinFilters(labels: LabelSelector | undefined, fields: readonly ObjectFilter[]): ObjectFilter {
  const [first] = fields;
  if (labels === undefined && first !== undefined && fields.length === 1) return first;
  if (labels !== undefined && first === undefined) return (object) => matchesLabels(labels, object.labels);
  return (object) =>
    (labels === undefined || matchesLabels(labels, object.labels)) && fields.every((filter) => filter(object));
}

function fieldFilter(definition: ResourceDefinition, requirement: FieldRequirement): ObjectFilter {
  const { field, value } = requirement;
  const read = fieldReader(definition, field);
  return requirement.op === '=' ? (object) => read(object) === value : (object) => read(object) !== value;
}

/** Cluster-scoped kinds whose own list of fields has no namespace; all others take it and select nothing. */
const refusesNamespace = new Set(['namespaces', 'nodes', 'certificatesigningrequests']);

function fieldReader(definition: ResourceDefinition, field: string): (object: CachedObject) => string {
  if (field === 'metadata.name') return (object) => object.key.name;
  if (field === 'metadata.namespace' && !refusesNamespace.has(definition.resource))
    return (object) => object.key.namespace;
  const offered = definition.fieldSelectors;
  if (offered !== undefined && Object.hasOwn(offered, field)) {
    const read = offered[field];
    if (read !== undefined) return (object) => read(object.object);
  }
  throw badRequest(
    offered === undefined && definition.builtIn
      ? `${JSON.stringify(field)} is not a known field selector: only "metadata.name", "metadata.namespace"`
      : definition.resource === 'jobs' && definition.group === 'batch'
        ? `field label ${JSON.stringify(field)} not supported for Job`
        : `field label not supported: ${field}`,
  );
}
