import { type FieldError, fieldError, goSyntax } from '../../../apimachinery/errors.ts';
import { goPointer, goString } from '../../../apimachinery/go-syntax.ts';
import { labelValue, qualifiedName } from '../../../apimachinery/validation/names.ts';
import { invalidEach } from '../../field-path.ts';

export type Taint = { key?: string; value?: string; effect?: string; timeAdded?: string | null };

const effects = ['NoSchedule', 'PreferNoSchedule', 'NoExecute'];

/** Errors of a node's taints (validateNodeTaints of pkg/apis/core/validation). */
export function validateTaints(taints: readonly Taint[], path: string, errors: FieldError[]): void {
  const known = new Set<string>();
  taints.forEach(({ key = '', value = '', effect = '', timeAdded }, index) => {
    const at = `${path}[${index}]`;
    invalidEach(`${at}.key`, key, qualifiedName(key), errors);
    const problems = labelValue(value);
    if (problems.length > 0) errors.push(fieldError.invalid(`${at}.value`, value, problems.join(';')));
    if (effect === '') errors.push(fieldError.required(`${at}.effect`));
    else if (!effects.includes(effect)) errors.push(fieldError.notSupported(`${at}.effect`, effect, effects));
    const id = `${effect}:${key}`;
    if (known.has(id)) {
      const time = goPointer('v1.Time', timeAdded ?? undefined);
      const shown = `core.Taint{Key:${goString(key)}, Value:${goString(value)}, Effect:${goString(effect)}, TimeAdded:${time}}`;
      const duplicate = fieldError.duplicate(at, goSyntax(shown));
      errors.push({ ...duplicate, detail: 'taints must be unique by key and effect pair' });
    }
    known.add(id);
  });
}
