import { type FieldError, fieldError } from '../../../apimachinery/errors.ts';
import type { Json } from '../../../apimachinery/json.ts';
import type { KubeObject } from '../../../apimachinery/object.ts';
import { ageCell, ageColumn, booleanColumn, nameColumn, stringColumn } from '../../../apimachinery/table.ts';
import { goTypedSlice } from '../../../apimachinery/go-syntax.ts';
import { builtinResource } from '../../builtin-resource.ts';
import { requireUnchanged } from '../../field-path.ts';

type TokenRequest = { audience?: string; expirationSeconds?: number | bigint };

type CSIDriver = KubeObject & {
  spec?: {
    attachRequired?: boolean;
    podInfoOnMount?: boolean;
    storageCapacity?: boolean;
    fsGroupPolicy?: string;
    volumeLifecycleModes?: string[];
    tokenRequests?: TokenRequest[];
    requiresRepublish?: boolean;
    seLinuxMount?: boolean;
    nodeAllocatableUpdatePeriodSeconds?: number;
  };
};

const groupPolicies = ['File', 'None', 'ReadWriteOnceWithFSType'];
const lifecycleModes = ['Persistent', 'Ephemeral'];
const minTokenSeconds = 600;
const maxTokenSeconds = 2 ** 32;

function applyDefaults(object: KubeObject): void {
  const spec = ((object as CSIDriver).spec ??= {});
  spec.attachRequired ??= true;
  spec.podInfoOnMount ??= false;
  spec.storageCapacity ??= false;
  spec.fsGroupPolicy ??= 'ReadWriteOnceWithFSType';
  if ((spec.volumeLifecycleModes ?? []).length === 0) spec.volumeLifecycleModes = ['Persistent'];
  spec.requiresRepublish ??= false;
  spec.seLinuxMount ??= false;
}

function validate(object: KubeObject): FieldError[] {
  const { fsGroupPolicy = '', volumeLifecycleModes = [], tokenRequests = [] } = (object as CSIDriver).spec ?? {};
  const errors: FieldError[] = [];
  if (!groupPolicies.includes(fsGroupPolicy)) {
    errors.push(fieldError.notSupported('spec.fsGroupPolicy', fsGroupPolicy, groupPolicies));
  }
  validateTokenRequests(tokenRequests, errors);
  for (const mode of volumeLifecycleModes) {
    if (lifecycleModes.includes(mode)) continue;
    errors.push(fieldError.notSupported('spec.volumeLifecycleModes', mode, lifecycleModes));
  }
  return errors;
}

function validateTokenRequests(requests: readonly TokenRequest[], errors: FieldError[]): void {
  const audiences = new Set<string>();
  requests.forEach(({ audience = '', expirationSeconds: seconds }, index) => {
    const path = `spec.tokenRequests[${index}]`;
    if (audiences.has(audience)) {
      errors.push(fieldError.duplicate(`${path}.audience`, audience));
      return;
    }
    audiences.add(audience);
    const refuse = (message: string): void => {
      errors.push(fieldError.invalid(`${path}.expirationSeconds`, seconds, message));
    };
    if (seconds === undefined) return;
    if (seconds < minTokenSeconds) refuse('may not specify a duration less than 10 minutes');
    if (seconds > maxTokenSeconds) refuse('may not specify a duration larger than 2^32 seconds');
  });
}

/** The field of a feature that is off by default. */
function dropGated(object: KubeObject, old?: KubeObject): void {
  if ((old as CSIDriver | undefined)?.spec?.nodeAllocatableUpdatePeriodSeconds !== undefined) return;
  delete (object as CSIDriver).spec?.nodeAllocatableUpdatePeriodSeconds;
}

export const csiDrivers = builtinResource({
  group: 'storage.k8s.io',
  version: 'v1',
  kind: 'CSIDriver',
  resource: 'csidrivers',
  scope: 'Cluster',
  table: {
    columns: [
      nameColumn,
      booleanColumn('AttachRequired', 'Whether volumes are attached before they are mounted.'),
      booleanColumn('PodInfoOnMount', 'Whether the driver is told about the pod.'),
      booleanColumn('StorageCapacity', 'Whether the driver reports its capacity.'),
      stringColumn('TokenRequests', 'The audiences of the tokens it is given.'),
      booleanColumn('RequiresRepublish', 'Whether mounts are repeated from time to time.'),
      stringColumn('Modes', 'What lifecycles its volumes have.'),
      ageColumn,
    ],
    cells: (object, now): Json[] => {
      const { spec = {} } = object as CSIDriver;
      return [
        object.metadata.name ?? '',
        spec.attachRequired ?? true,
        spec.podInfoOnMount ?? false,
        spec.storageCapacity ?? false,
        spec.tokenRequests?.map(({ audience = '' }) => audience).join(',') ?? '<unset>',
        spec.requiresRepublish ?? false,
        spec.volumeLifecycleModes?.join(',') || '<none>',
        ageCell(object, now),
      ];
    },
  },
  strategy: {
    generation: 'changes',
    returnDeletedObject: true,
    applyDefaults,
    prepareForCreate: (object) => dropGated(object),
    prepareForUpdate: (object, old) => dropGated(object, old),
    validate,
    validateUpdate(object, old) {
      const errors: FieldError[] = [];
      const { attachRequired, volumeLifecycleModes } = (object as CSIDriver).spec ?? {};
      const before = (old as CSIDriver).spec ?? {};
      requireUnchanged('spec.attachedRequired', attachRequired, before.attachRequired, errors);
      const shown = goTypedSlice('storage.VolumeLifecycleMode', volumeLifecycleModes ?? []);
      const path = 'spec.volumeLifecycleModes';
      requireUnchanged(path, volumeLifecycleModes, before.volumeLifecycleModes, errors, shown);
      return errors;
    },
  },
});
