import { ApiError, type FieldError, fieldError } from '../../../apimachinery/errors.ts';
import type { Json } from '../../../apimachinery/json.ts';
import { labelSelectorFromObject } from '../../../apimachinery/labels.ts';
import type { KubeObject } from '../../../apimachinery/object.ts';
import { ageCell, ageColumn, integerColumn, nameColumn, stringColumn } from '../../../apimachinery/table.ts';
import { at } from '../../field-path.ts';
import { structSchema, type } from '../../own-types.ts';
import { allVerbs, type ResourceDefinition } from '../../resource-definition.ts';
import { placementGroup, placementVersion, statusStrategy, type Condition } from './group.ts';

/**
 * A tenant's wishes about where objects of a namespace run. None is needed: without one, everything goes to one cluster that fits and stays there.
 */
export type Placement = KubeObject & {
  spec?: {
    /** Empty: everything that is placed in the namespace. */
    resourceSelectors?: { apiVersion: string; kind: string; name?: string; labelSelector?: Json }[];
    numberOfClusters?: number;
    predicates?: { requiredClusterSelector?: { labelSelector?: Json } }[];
    tolerations?: { key?: string; operator?: string; value?: string; effect?: string }[];
    spreadConstraints?: {
      topologyKey: string;
      maxSkew?: number;
      minGroups?: number;
      maxGroups?: number;
      whenUnsatisfiable?: string;
    }[];
    replicaScheduling?: {
      type?: string;
      division?: string;
      weights?: { static?: { selector?: Json; weight: number }[]; dynamic?: string };
    };
    priority?: number;
  };
  status?: { conditions?: Condition[] };
};

/** More clusters than this for one object is a mistake. */
const maxClusters = 1000;
const maxItems = 100;

const labelSelector = type.builtin('io.k8s.apimachinery.pkg.apis.meta.v1.LabelSelector');

const schema = structSchema({
  gvk: { group: placementGroup, version: placementVersion, kind: 'Placement' },
  fields: {
    spec: type.struct({
      resourceSelectors: type.list(
        type.struct({
          apiVersion: { schema: type.string, required: true },
          kind: { schema: type.string, required: true },
          name: type.string,
          labelSelector,
        }),
      ),
      numberOfClusters: type.int32,
      predicates: type.list(type.struct({ requiredClusterSelector: type.struct({ labelSelector }) })),
      tolerations: type.list(
        type.struct({ key: type.string, operator: type.string, value: type.string, effect: type.string }),
      ),
      spreadConstraints: type.list(
        type.struct({
          topologyKey: { schema: type.string, required: true },
          maxSkew: type.int32,
          minGroups: type.int32,
          maxGroups: type.int32,
          whenUnsatisfiable: type.string,
        }),
      ),
      replicaScheduling: type.struct({
        type: type.string,
        division: type.string,
        weights: type.struct({
          static: type.list(type.struct({ selector: labelSelector, weight: { schema: type.int32, required: true } })),
          dynamic: type.string,
        }),
      }),
      priority: type.int32,
    }),
    status: type.struct({ conditions: type.conditions() }),
  },
});

function oneOf(path: string, value: string | undefined, allowed: readonly string[], errors: FieldError[]): void {
  if (value !== undefined && !allowed.includes(value)) errors.push(fieldError.notSupported(path, value, allowed));
}

function atLeast(path: string, value: number | undefined, minimum: number, errors: FieldError[]): void {
  if (value !== undefined && value < minimum) {
    errors.push(fieldError.invalid(path, value, `must be greater than or equal to ${minimum}`));
  }
}

function selector(path: string, value: Json | undefined, errors: FieldError[]): void {
  if (value === undefined || value === null) return;
  try {
    labelSelectorFromObject(value);
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    errors.push(fieldError.invalid(path, value, error.message));
  }
}

function validate(object: KubeObject): FieldError[] {
  const spec = (object as Placement).spec ?? {};
  const errors: FieldError[] = [];
  const scheduling = spec.replicaScheduling ?? {};
  const lists: readonly (readonly [string, readonly unknown[] | undefined])[] = [
    ['spec.resourceSelectors', spec.resourceSelectors],
    ['spec.predicates', spec.predicates],
    ['spec.tolerations', spec.tolerations],
    ['spec.spreadConstraints', spec.spreadConstraints],
    ['spec.replicaScheduling.weights.static', scheduling.weights?.static],
  ];
  for (const [path, list] of lists) {
    if (list !== undefined && list.length > maxItems) errors.push(fieldError.tooMany(path, list.length, maxItems));
  }
  if (errors.length > 0) return errors;

  const count = spec.numberOfClusters;
  if (count !== undefined && (count < 1 || count > maxClusters)) {
    errors.push(fieldError.invalid('spec.numberOfClusters', count, `must be between 1 and ${maxClusters}, inclusive`));
  }
  (spec.resourceSelectors ?? []).forEach((item, i) =>
    selector(`${at('spec.resourceSelectors', i)}.labelSelector`, item.labelSelector, errors),
  );
  (spec.predicates ?? []).forEach((item, i) =>
    selector(
      `${at('spec.predicates', i)}.requiredClusterSelector.labelSelector`,
      item.requiredClusterSelector?.labelSelector,
      errors,
    ),
  );
  (spec.tolerations ?? []).forEach((item, i) => {
    const path = at('spec.tolerations', i);
    oneOf(`${path}.operator`, item.operator, ['', 'Equal', 'Exists'], errors);
    oneOf(`${path}.effect`, item.effect, ['', 'NoSchedule', 'PreferNoSchedule', 'NoExecute'], errors);
  });
  (spec.spreadConstraints ?? []).forEach((item, i) => {
    const path = at('spec.spreadConstraints', i);
    if ((item.topologyKey ?? '') === '') errors.push(fieldError.required(`${path}.topologyKey`));
    atLeast(`${path}.maxSkew`, item.maxSkew, 1, errors);
    atLeast(`${path}.minGroups`, item.minGroups, 0, errors);
    atLeast(`${path}.maxGroups`, item.maxGroups, Math.max(1, item.minGroups ?? 1), errors);
    oneOf(`${path}.whenUnsatisfiable`, item.whenUnsatisfiable, ['DoNotSchedule', 'ScheduleAnyway'], errors);
  });
  oneOf('spec.replicaScheduling.type', scheduling.type, ['Duplicated', 'Divided'], errors);
  oneOf('spec.replicaScheduling.division', scheduling.division, ['Weighted', 'Aggregated'], errors);
  oneOf('spec.replicaScheduling.weights.dynamic', scheduling.weights?.dynamic, ['AvailableReplicas'], errors);
  (scheduling.weights?.static ?? []).forEach((item, i) => {
    const path = at('spec.replicaScheduling.weights.static', i);
    selector(`${path}.selector`, item.selector, errors);
    if (item.weight < 0 || item.weight > 1_000_000) {
      errors.push(fieldError.invalid(`${path}.weight`, item.weight, 'must be between 0 and 1000000, inclusive'));
    }
  });
  return errors;
}

export const placements: ResourceDefinition = {
  group: placementGroup,
  resource: 'placements',
  singular: 'placement',
  kind: 'Placement',
  listKind: 'PlacementList',
  shortNames: ['plc'],
  categories: ['atoll'],
  scope: 'Namespaced',
  verbs: allVerbs,
  versions: [
    {
      version: placementVersion,
      served: true,
      schema,
      table: {
        columns: [
          nameColumn,
          integerColumn('Clusters', 'How many clusters an object goes to.'),
          stringColumn('Replicas', 'How replicas are shared out.'),
          integerColumn('Priority', 'The highest priority that selects an object decides.'),
          ageColumn,
        ],
        cells: (object, now) => {
          const { spec = {} } = object as Placement;
          return [
            object.metadata.name ?? '',
            spec.numberOfClusters ?? 1,
            spec.replicaScheduling?.type ?? 'Duplicated',
            spec.priority ?? 0,
            ageCell(object, now),
          ];
        },
      },
    },
  ],
  storageVersion: placementVersion,
  strategy: { ...statusStrategy, validate },
  status: {},
  builtIn: false,
};
