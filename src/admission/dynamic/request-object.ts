import type { JsonObject } from '../../apimachinery/json.ts';
import type { KubeObject } from '../../apimachinery/object.ts';
import type { UserInfo } from '../../registry/registry.ts';
import type { Form } from './match.ts';
import { optionsObject } from './options-object.ts';
import type { DynamicRequest } from './request.ts';

/** An AdmissionRequest without its uid. Absent texts are left out, absent objects null. */
export function admissionRequest(
  { attributes, kind, resource, subresource, name, namespace, operation }: DynamicRequest,
  form: Form,
  object: KubeObject | undefined,
  oldObject: KubeObject | undefined,
): JsonObject {
  return {
    kind: kindOf(form.kind),
    resource: resourceOf(form.resource),
    ...(subresource === '' ? {} : { subResource: subresource }),
    requestKind: kindOf(kind),
    requestResource: resourceOf(resource),
    ...(subresource === '' ? {} : { requestSubResource: subresource }),
    ...(name === '' ? {} : { name }),
    ...(namespace === '' ? {} : { namespace }),
    operation,
    userInfo: userInfoObject(attributes.ctx.user),
    object: (object as JsonObject | undefined) ?? null,
    oldObject: (oldObject as JsonObject | undefined) ?? null,
    dryRun: attributes.dryRun,
    options: optionsObject(attributes) ?? null,
  };
}

function kindOf({ group, version, kind }: Form['kind']): JsonObject {
  return { group, version, kind };
}

function resourceOf({ group, version, resource }: Form['resource']): JsonObject {
  return { group, version, resource };
}

/** authentication.k8s.io/v1 UserInfo. */
export function userInfoObject({ name, uid, groups, extra }: UserInfo): JsonObject {
  const keys = Object.keys(extra);
  return {
    ...(name === '' ? {} : { username: name }),
    ...(uid === '' ? {} : { uid }),
    ...(groups.length === 0 ? {} : { groups: [...groups] }),
    ...(keys.length === 0 ? {} : { extra: Object.fromEntries(keys.map((key) => [key, [...(extra[key] ?? [])]])) }),
  };
}
