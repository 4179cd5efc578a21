import { type FieldError, fieldError } from '../../../apimachinery/errors.ts';
import { goSyntax } from '../../../apimachinery/errors.ts';
import { goString } from '../../../apimachinery/go-syntax.ts';
import type { KubeObject } from '../../../apimachinery/object.ts';
import { ageCell, ageColumn, nameColumn, stringColumn } from '../../../apimachinery/table.ts';
import { validateLabels } from '../../../apimachinery/validation/metadata.ts';
import { nameIsDns1123Label } from '../../../apimachinery/validation/names.ts';
import { builtinResource } from '../../builtin-resource.ts';
import { warnOfNodeLabel } from '../../core/v1/deprecated-labels.ts';
import type { Toleration } from '../../core/v1/pod-template/types.ts';
import { validateResourceRequirements } from '../../core/v1/pod-template/validate-resources.ts';
import { validateTolerations } from '../../core/v1/pod-template/validate-scheduling.ts';
import { invalidEach, requireUnchanged } from '../../field-path.ts';

type RuntimeClass = KubeObject & {
  handler?: string;
  overhead?: { podFixed?: Record<string, string> };
  scheduling?: { nodeSelector?: Record<string, string>; tolerations?: Toleration[] };
};

function goToleration({ key = '', operator = '', value = '', effect = '', tolerationSeconds }: Toleration): string {
  const seconds = tolerationSeconds === undefined ? '(*int64)(nil)' : '(*int64)(0xc000000000)';
  return `core.Toleration{Key:${goString(key)}, Operator:${goString(operator)}, Value:${goString(value)}, Effect:${goString(effect)}, TolerationSeconds:${seconds}}`;
}

function validate(object: KubeObject): FieldError[] {
  const { handler = '', overhead, scheduling } = object as RuntimeClass;
  const errors: FieldError[] = [];
  invalidEach('handler', handler, nameIsDns1123Label(handler, false), errors);
  if (overhead !== undefined) validateResourceRequirements({ limits: overhead.podFixed ?? {} }, 'overhead', errors);
  if (scheduling === undefined) return errors;
  const { nodeSelector, tolerations = [] } = scheduling;
  if (nodeSelector !== undefined) errors.push(...validateLabels(nodeSelector, 'scheduling.nodeSelector'));
  const path = 'scheduling.tolerations';
  // The repeated segment is upstream's.
  validateTolerations(tolerations, `${path}.tolerations`, errors);
  const known = new Set<string>();
  tolerations.forEach((toleration, index) => {
    const { key = '', operator = '', value = '', effect = '' } = toleration;
    const id = JSON.stringify([key, operator, value, effect]);
    if (known.has(id)) errors.push(fieldError.duplicate(`${path}[${index}]`, goSyntax(goToleration(toleration))));
    known.add(id);
  });
  return errors;
}

export const runtimeClasses = builtinResource({
  group: 'node.k8s.io',
  version: 'v1',
  kind: 'RuntimeClass',
  resource: 'runtimeclasses',
  scope: 'Cluster',
  table: {
    columns: [nameColumn, stringColumn('Handler', 'What runs the containers of its pods.'), ageColumn],
    cells: (object, now) => [object.metadata.name ?? '', (object as RuntimeClass).handler ?? '', ageCell(object, now)],
  },
  strategy: {
    generation: 'none',
    allowCreateOnUpdate: true,
    validate,
    validateUpdate(object, old) {
      const errors: FieldError[] = [];
      requireUnchanged('handler', (object as RuntimeClass).handler, (old as RuntimeClass).handler, errors);
      return errors;
    },
    warn(object, _old, ctx) {
      for (const key of Object.keys((object as RuntimeClass).scheduling?.nodeSelector ?? {})) {
        warnOfNodeLabel(key, 'scheduling.nodeSelector', ctx);
      }
    },
  },
});
