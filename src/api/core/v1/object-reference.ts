/** core/v1 ObjectReference. */
export type ObjectReference = {
  kind?: string;
  namespace?: string;
  name?: string;
  uid?: string;
  apiVersion?: string;
  resourceVersion?: string;
  fieldPath?: string;
};

/** An ObjectReference as Go's `%#v` prints it in messages of stock servers. */
export function goObjectReference(reference: ObjectReference): string {
  const {
    kind = '',
    namespace = '',
    name = '',
    uid = '',
    apiVersion = '',
    resourceVersion = '',
    fieldPath = '',
  } = reference;
  const q = JSON.stringify;
  return `core.ObjectReference{Kind:${q(kind)}, Namespace:${q(namespace)}, Name:${q(name)}, UID:${q(uid)}, APIVersion:${q(apiVersion)}, ResourceVersion:${q(resourceVersion)}, FieldPath:${q(fieldPath)}}`;
}
