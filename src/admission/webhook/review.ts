import { stringify } from '../../apimachinery/json.ts';
import type { KubeObject } from '../../apimachinery/object.ts';
import type { Form } from '../dynamic/match.ts';
import { admissionRequest } from '../dynamic/request-object.ts';
import type { DynamicRequest } from '../dynamic/request.ts';

export type ReviewVersion = 'v1' | 'v1beta1';

/** The question to a webhook: an AdmissionReview as JSON. Objects are in the form. */
export function admissionReview(
  version: ReviewVersion,
  uid: string,
  request: DynamicRequest,
  form: Form,
  object: KubeObject | undefined,
  oldObject: KubeObject | undefined,
): string {
  return stringify({
    kind: 'AdmissionReview',
    apiVersion: `admission.k8s.io/${version}`,
    request: { uid, ...admissionRequest(request, form, object, oldObject) },
  });
}
