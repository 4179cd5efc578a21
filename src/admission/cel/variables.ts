import { Lazy } from '../../apimachinery/cel/index.ts';
import type { JsonObject } from '../../apimachinery/json.ts';
import type { KubeObject } from '../../apimachinery/object.ts';
import type { Form } from '../dynamic/match.ts';
import type { DynamicRequest } from '../dynamic/request.ts';
import { admissionRequest } from '../dynamic/request-object.ts';

/** The values of `object`, `oldObject` and `request`; the latter is made when an expression reads it. */
export function requestVariables(
  request: DynamicRequest,
  form: Form,
  object: KubeObject | undefined,
  oldObject: KubeObject | undefined,
): Record<string, unknown> {
  return {
    object: object ?? null,
    oldObject: oldObject ?? null,
    request: new Lazy(() => withoutAbsent(admissionRequest(request, form, undefined, undefined))),
  };
}

/** Expressions cannot tell what is null here from what is absent. */
function withoutAbsent(object: JsonObject): JsonObject {
  const { object: _object, oldObject: _oldObject, ...rest } = object;
  return rest;
}
