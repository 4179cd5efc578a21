import { labelSelectorFromObject, type LabelSelector, matchesLabels } from '../../apimachinery/labels.ts';
import { notFound } from '../../apimachinery/errors.ts';
import type { Json } from '../../apimachinery/json.ts';
import type { GroupVersionKind, GroupVersionResource, KubeObject } from '../../apimachinery/object.ts';
import type { Rule } from '../../api/admissionregistration.k8s.io/v1/rules.ts';
import type { ResourceDefinition, VersionDefinition } from '../../api/resource-definition.ts';
import type { CatalogSource } from '../../registry/registry.ts';
import type { ObjectStore } from '../../storage/object-store.ts';
import { type DynamicRequest, isNamespaces, sharesStorage } from './request.ts';

/** What of a webhook or a policy says which requests it is about, compiled. */
export type Matcher = {
  readonly rules: readonly Rule[];
  /** Without rules it is about every request, not about none. */
  readonly needsNoRules: boolean;
  /** Requests that one of these matches are left out. */
  readonly exclude: readonly Rule[];
  /** Other versions of the same resource match too, and are converted. */
  readonly equivalent: boolean;
  readonly namespaceSelector: LabelSelector;
  readonly objectSelector: LabelSelector;
};

/** In which version, and as which kind, a request is to be shown. */
export type Form = {
  readonly definition: ResourceDefinition;
  readonly version: VersionDefinition;
  readonly resource: GroupVersionResource;
  readonly kind: GroupVersionKind;
};

export type MatchOptions = {
  readonly store: Pick<ObjectStore, 'get' | 'getAny'>;
  readonly catalogs: CatalogSource;
};

export function compileMatcher(given: {
  readonly rules?: readonly Rule[] | undefined;
  readonly exclude?: readonly Rule[] | undefined;
  readonly matchPolicy?: string | undefined;
  readonly namespaceSelector?: unknown;
  readonly objectSelector?: unknown;
  readonly needsNoRules?: boolean;
}): Matcher {
  return {
    rules: given.rules ?? [],
    needsNoRules: given.needsNoRules ?? false,
    exclude: given.exclude ?? [],
    equivalent: given.matchPolicy !== 'Exact',
    namespaceSelector: labelSelectorFromObject((given.namespaceSelector ?? {}) as Json),
    objectSelector: labelSelectorFromObject((given.objectSelector ?? {}) as Json),
  };
}

/** Whether one rule is about a request, if that came to `resource`. */
export function ruleMatches(rule: Rule, request: DynamicRequest, resource: GroupVersionResource): boolean {
  const { operations = [], apiGroups = [], apiVersions = [], resources = [], resourceNames = [] } = rule;
  return (
    scopeMatches(rule.scope, request) &&
    includes(operations, request.operation) &&
    includes(apiGroups, resource.group) &&
    includes(apiVersions, resource.version) &&
    resources.some((each) => resourceMatches(each, resource.resource, request.subresource)) &&
    (resourceNames.length === 0 || resourceNames.includes(request.name))
  );
}

function includes(values: readonly string[], value: string): boolean {
  return values.includes('*') || values.includes(value);
}

function scopeMatches(scope: string | undefined, { namespace, resource }: DynamicRequest): boolean {
  if (scope === undefined || scope === '*') return true;
  const inNamespace = namespace !== '' && !isNamespaces(resource);
  return scope === (inNamespace ? 'Namespaced' : 'Cluster');
}

function resourceMatches(rule: string, resource: string, subresource: string): boolean {
  const slash = rule.indexOf('/');
  const main = slash < 0 ? rule : rule.slice(0, slash);
  const sub = slash < 0 ? '' : rule.slice(slash + 1);
  return (main === '*' || main === resource) && (sub === '*' || sub === subresource);
}

/** As `matchRequest`, by the rules alone: quick and without a wait. */
export function matchForm(
  { rules, needsNoRules, equivalent }: Matcher,
  request: DynamicRequest,
  options: Pick<MatchOptions, 'catalogs'>,
): Form | undefined {
  return rules.length === 0 && needsNoRules ? ownForm(request) : matchRules(rules, equivalent, request, options);
}

function ownForm({ attributes: { target }, resource, kind }: DynamicRequest): Form {
  return { definition: target.definition, version: target.version, resource, kind };
}

/** The form in which rules are about a request: the request's own, or that of an equivalent resource. Undefined: they are not. */
export function matchRules(
  rules: readonly Rule[],
  equivalent: boolean,
  request: DynamicRequest,
  { catalogs }: Pick<MatchOptions, 'catalogs'>,
): Form | undefined {
  if (rules.some((rule) => ruleMatches(rule, request, request.resource))) return ownForm(request);
  if (!equivalent) return undefined;
  let others: readonly Form[] | undefined;
  for (const rule of rules) {
    // Most rules name other resources: what is equivalent is looked for only when one may match it.
    if (!mayMatchEquivalent(rule, request)) continue;
    others ??= equivalentForms(request, catalogs);
    const found = others.find((form) => ruleMatches(rule, request, form.resource));
    if (found !== undefined) return found;
  }
  return undefined;
}

function mayMatchEquivalent(rule: Rule, request: DynamicRequest): boolean {
  const { resources = [], operations = [] } = rule;
  return (
    includes(operations, request.operation) &&
    resources.some((each) => resourceMatches(each, request.resource.resource, request.subresource))
  );
}

/** The other served versions of a resource, and the other resources that are views of the same storage. */
function equivalentForms(request: DynamicRequest, catalogs: CatalogSource): readonly Form[] {
  const { target, ctx, kind } = request.attributes;
  const known = catalogs.builtIn?.(ctx.cluster).definitions ?? [];
  const others = target.definition.builtIn
    ? known.filter((each) => each !== target.definition && sharesStorage(each, target.definition))
    : [];
  return [target.definition, ...others].flatMap((definition) =>
    definition.versions
      .filter(
        ({ served, version }) => served && (definition !== target.definition || version !== target.version.version),
      )
      .map((version) => ({
        definition,
        version,
        resource: { group: definition.group, version: version.version, resource: definition.resource },
        kind: kind ?? { group: definition.group, version: version.version, kind: definition.kind },
      })),
  );
}

const namespaceResource = { group: '', resource: 'namespaces' };

/** Whether the namespace of a request is selected. Requests outside namespaces always are. @throws 404 when the namespace is not there */
export function namespaceSelected(
  selector: LabelSelector,
  request: DynamicRequest,
  options: MatchOptions,
): boolean | Promise<boolean> {
  const { attributes, namespace, resource, subresource, operation } = request;
  if (namespace === '' && !isNamespaces(resource)) return true;
  if (selector.requirements.length === 0 && !selector.nothing) return true;
  if (isNamespaces(resource) && subresource === '' && (operation === 'CREATE' || operation === 'UPDATE'))
    return matchesLabels(selector, attributes.object?.metadata.labels);
  return namespaceOf(request, options).then((found) => matchesLabels(selector, found.metadata.labels));
}

/** The namespace that a request is in. @throws 404 */
export async function namespaceOf(
  { attributes, namespace }: DynamicRequest,
  { store }: MatchOptions,
): Promise<KubeObject> {
  const key = { cluster: attributes.ctx.cluster.name, resource: 'namespaces', namespace: '', name: namespace };
  const found = (await store.getAny(key)) ?? (await store.get(key));
  if (found === undefined) throw notFound(namespaceResource, namespace);
  return found.object;
}

/** Whether the object is selected, as it is or as it was. */
export function objectSelected(
  selector: LabelSelector,
  object: KubeObject | undefined,
  oldObject: KubeObject | undefined,
): boolean {
  if (selector.requirements.length === 0 && !selector.nothing) return true;
  return (
    (object !== undefined && matchesLabels(selector, object.metadata.labels)) ||
    (oldObject !== undefined && matchesLabels(selector, oldObject.metadata.labels))
  );
}

/**
 * The form in which a webhook or policy wants to see a request; undefined when it is not about it. `object`: as it is by now.
 * @throws 404 when the namespace that is to be selected is not there.
 */
export async function matchRequest(
  matcher: Matcher,
  request: DynamicRequest,
  object: KubeObject | undefined,
  options: MatchOptions,
): Promise<Form | undefined> {
  const form = matchForm(matcher, request, options);
  if (form === undefined) return undefined;
  if (!objectSelected(matcher.objectSelector, object, request.attributes.oldObject)) return undefined;
  if (matchRules(matcher.exclude, matcher.equivalent, request, options) !== undefined) return undefined;
  return (await namespaceSelected(matcher.namespaceSelector, request, options)) ? form : undefined;
}
