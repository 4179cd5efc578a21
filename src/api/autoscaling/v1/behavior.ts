import { isObject, type Json, type JsonObject } from '../../../apimachinery/json.ts';

/** The members of scaling rules, in the order of upstream's internal type: without tags, Go writes them with these names, and null when unset. */
const ruleMembers = ['StabilizationWindowSeconds', 'SelectPolicy', 'Policies', 'Tolerance'] as const;
const policyMembers = ['Type', 'Value', 'PeriodSeconds'] as const;

function external(member: string): string {
  return `${member.charAt(0).toLowerCase()}${member.slice(1)}`;
}

function rulesToAnnotation(rules: Json | undefined): Json {
  if (!isObject(rules)) return null;
  const written: JsonObject = {};
  for (const member of ruleMembers) {
    const value = rules[external(member)];
    written[member] = member === 'Policies' && Array.isArray(value) ? value.map(policyToAnnotation) : (value ?? null);
  }
  return written;
}

function policyToAnnotation(policy: Json): Json {
  const given = isObject(policy) ? policy : {};
  return Object.fromEntries(policyMembers.map((member) => [member, given[external(member)] ?? null]));
}

/** The behavior of a v2 autoscaler as a v1 annotation holds it. */
export function behaviorToAnnotation(behavior: JsonObject): string {
  return JSON.stringify({
    ScaleUp: rulesToAnnotation(behavior['scaleUp']),
    ScaleDown: rulesToAnnotation(behavior['scaleDown']),
  });
}

/** Whatever its case, as Go reads it. */
function member(object: JsonObject, name: string): Json | undefined {
  const key = Object.keys(object).find((each) => each.toLowerCase() === name.toLowerCase());
  return key === undefined ? undefined : (object[key] ?? undefined);
}

function whole(value: Json | undefined): number | undefined {
  return typeof value === 'number' && Number.isInteger(value) ? value : undefined;
}

function text(value: Json | undefined): string | undefined {
  return typeof value === 'string' ? value : undefined;
}

function rulesFromAnnotation(value: Json | undefined): JsonObject | undefined {
  if (!isObject(value)) return undefined;
  const rules: JsonObject = {};
  const seconds = whole(member(value, 'StabilizationWindowSeconds'));
  if (seconds !== undefined) rules['stabilizationWindowSeconds'] = seconds;
  const select = text(member(value, 'SelectPolicy'));
  if (select !== undefined) rules['selectPolicy'] = select;
  const policies = member(value, 'Policies');
  if (Array.isArray(policies)) {
    rules['policies'] = policies.filter(isObject).map((policy) => ({
      type: text(member(policy, 'Type')) ?? '',
      value: whole(member(policy, 'Value')) ?? 0,
      periodSeconds: whole(member(policy, 'PeriodSeconds')) ?? 0,
    }));
  }
  return rules;
}

/** The behavior that an annotation holds; undefined when it holds none. */
export function behaviorFromAnnotation(value: Json): { scaleUp?: JsonObject; scaleDown?: JsonObject } | undefined {
  if (!isObject(value)) return undefined;
  const scaleUp = rulesFromAnnotation(member(value, 'ScaleUp'));
  const scaleDown = rulesFromAnnotation(member(value, 'ScaleDown'));
  if (scaleUp === undefined && scaleDown === undefined) return undefined;
  return { ...(scaleUp === undefined ? {} : { scaleUp }), ...(scaleDown === undefined ? {} : { scaleDown }) };
}
