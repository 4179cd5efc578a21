import type { ApiService } from '../../api/apiregistration.k8s.io/v1/types.ts';
import { fieldError, invalid } from '../../apimachinery/errors.ts';
import { formatApiVersion, type KubeObject } from '../../apimachinery/object.ts';
import type { BuiltInCatalogs } from '../catalog.ts';
import type { ResourceHooks } from '../generic/hooks.ts';
import type { RequestContext } from '../registry.ts';

/**
 * What is built in stays with this server: its own controllers, admission and authorization read it, and would see other objects than clients do. Custom
 * resources may be another server's.
 */
export function apiServiceHooks(builtIn: BuiltInCatalogs): ResourceHooks {
  const check = ({ cluster }: RequestContext, object: KubeObject): [] => {
    const { service, group = '', version = '' } = (object as ApiService).spec ?? {};
    if ((service ?? null) === null) return [];
    const isBuiltIn = builtIn
      .builtIn(cluster)
      .definitions.some(
        (definition) => definition.group === group && definition.versions.some((each) => each.version === version),
      );
    if (!isBuiltIn) return [];
    const why = `${formatApiVersion(group, version)} is built in, another server cannot serve it`;
    throw invalid({ group: 'apiregistration.k8s.io', kind: 'APIService' }, object.metadata.name ?? '', [
      fieldError.forbidden('spec.service', why),
    ]);
  };
  return { beforeCreate: check, beforeUpdate: check };
}
