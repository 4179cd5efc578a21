import type { KubeObject } from '../../apimachinery/object.ts';
import { type MatchOptions, namespaceOf } from '../dynamic/match.ts';
import type { DynamicRequest } from '../dynamic/request.ts';

/** The namespace that a request is in, for expressions; undefined for requests outside namespaces and about namespaces. @throws 404 */
export async function requestNamespace(
  options: Pick<MatchOptions, 'store' | 'catalogs'>,
  request: DynamicRequest,
): Promise<KubeObject | undefined> {
  const { namespace, kind } = request;
  if (namespace === '' || (kind.group === '' && kind.kind === 'Namespace')) return undefined;
  return namespaceOf(request, options);
}
