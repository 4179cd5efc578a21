import { parseFieldSelector } from '../../apimachinery/fields.ts';
import { isObject, type Json, type JsonObject } from '../../apimachinery/json.ts';
import { parseLabelSelector } from '../../apimachinery/labels.ts';
import { textField } from '../generic/object-fields.ts';

const labelOperators = new Set(['In', 'NotIn', 'Exists', 'DoesNotExist']);

/** Which selectors of a review nobody could read, in upstream's words; '' when all could be. Such a review asks about more than it meant to. */
export function unreadSelectors(spec: JsonObject): string {
  const resource = spec['resourceAttributes'];
  if (!isObject(resource)) return '';
  const texts: string[] = [];
  for (const [field, parse, isRead] of [
    ['fieldSelector', parseFieldSelector, isFieldRequirementRead],
    ['labelSelector', parseLabelSelector, isLabelRequirementRead],
  ] as const) {
    const selector = resource[field];
    if (!isObject(selector)) continue;
    const requirements = Array.isArray(selector['requirements']) ? selector['requirements'] : [];
    const read = requirements.filter((each) => isRead(each)).length;
    const raw = textField(selector, 'rawSelector');
    if (read === requirements.length && (raw === '' || parses(parse, raw))) continue;
    const how = read > 0 ? 'partially ignored' : 'ignored';
    texts.push(`spec.resourceAttributes.${field} ${how} due to parse error`);
  }
  return texts.join('; ');
}

function parses(parse: (text: string) => unknown, text: string): boolean {
  try {
    parse(text);
    return true;
  } catch {
    return false;
  }
}

function isLabelRequirementRead(requirement: Json): boolean {
  return isObject(requirement) && labelOperators.has(textField(requirement, 'operator'));
}

/** Field selectors compare with one value. */
function isFieldRequirementRead(requirement: Json): boolean {
  if (!isObject(requirement)) return false;
  const { operator, values } = requirement;
  return (operator === 'In' || operator === 'NotIn') && Array.isArray(values) && values.length === 1;
}
