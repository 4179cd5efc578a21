import { type FieldError, fieldError, goSyntax } from '../../../apimachinery/errors.ts';
import { goLabelSelector } from '../../../apimachinery/go-syntax.ts';
import { deepEqual, type Json } from '../../../apimachinery/json.ts';
import type { KubeObject } from '../../../apimachinery/object.ts';
import { formatQuantity, parseQuantity } from '../../../apimachinery/quantity.ts';
import { defaultTable } from '../../../apimachinery/table.ts';
import { type LabelSelectorObject, validateLabelSelector } from '../../../apimachinery/validation/label-selector.ts';
import { nameIsDns1123Subdomain } from '../../../apimachinery/validation/names.ts';
import { builtinResource } from '../../builtin-resource.ts';
import { warnOfNodeSelector } from '../../core/v1/deprecated-labels.ts';
import { immutableMessage, invalidEach, negativeMessage } from '../../field-path.ts';

type CSIStorageCapacity = KubeObject & {
  nodeTopology?: LabelSelectorObject;
  storageClassName?: string;
  capacity?: string;
};

function validate(object: KubeObject): FieldError[] {
  const { nodeTopology, storageClassName = '', capacity } = object as CSIStorageCapacity;
  const errors = validateLabelSelector(nodeTopology, 'nodeTopology');
  invalidEach('storageClassName', storageClassName, nameIsDns1123Subdomain(storageClassName, false), errors);
  if (capacity !== undefined) {
    const quantity = parseQuantity(capacity);
    if (quantity.nano < 0n) errors.push(fieldError.invalid('capacity', formatQuantity(quantity), negativeMessage));
  }
  return errors;
}

function validateUpdate(object: KubeObject, before: KubeObject): FieldError[] {
  const { nodeTopology, storageClassName = '' } = object as CSIStorageCapacity;
  const old = before as CSIStorageCapacity;
  const errors: FieldError[] = [];
  if (!deepEqual(nodeTopology as Json, old.nodeTopology as Json)) {
    const shown = nodeTopology === undefined ? goSyntax('null') : goSyntax(goLabelSelector(nodeTopology));
    errors.push(fieldError.invalid('nodeTopology', shown, immutableMessage));
  }
  if (storageClassName !== (old.storageClassName ?? '')) {
    errors.push(fieldError.invalid('storageClassName', storageClassName, immutableMessage));
  }
  return errors;
}

export const csiStorageCapacities = builtinResource({
  group: 'storage.k8s.io',
  version: 'v1',
  kind: 'CSIStorageCapacity',
  resource: 'csistoragecapacities',
  scope: 'Namespaced',
  table: defaultTable,
  strategy: {
    generation: 'none',
    validate,
    validateUpdate,
    warn: (object, _old, ctx) => warnOfNodeSelector((object as CSIStorageCapacity).nodeTopology, 'nodeTopology', ctx),
  },
});
