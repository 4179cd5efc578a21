import { forbidden } from '../apimachinery/errors.ts';
import type { KubeObject } from '../apimachinery/object.ts';
import { factsOf } from '../registry/generic/resource-facts.ts';
import type { AdmissionAttributes, AdmissionPlugin } from './admission.ts';

const systemMasters = 'system:masters';

/** Annotations outside the reserved domains that only the server sets, with what they would let a client claim. */
const reservedAnnotations: ReadonlySet<string> = new Set(['experimental.tenancy.kcp.io/owner']);

/**
 * Keys whose domain is `internal.….kcp.io` or `….internal.kcp.io` carry what the control plane knows; only system:masters change them (kcp's reservedmetadata
 * plugin). A new Workspace gets its own from the server in any case.
 */
export function reservedMetadata(): AdmissionPlugin {
  return {
    name: 'ReservedMetadata',
    handles: (operation) => operation === 'CREATE' || operation === 'UPDATE',
    admit(attributes) {
      if (attributes.object === undefined || attributes.ctx.user.groups.includes(systemMasters)) return;
      refuseChanges(attributes, attributes.object, 'annotations', isReservedAnnotation);
      refuseChanges(attributes, attributes.object, 'labels', isReservedDomain);
    },
  };
}

function refuseChanges(
  { target, name, oldObject }: AdmissionAttributes,
  object: KubeObject,
  part: 'annotations' | 'labels',
  isReserved: (key: string) => boolean,
): void {
  const now = object.metadata[part];
  const before = oldObject?.metadata[part];
  if (now === undefined && before === undefined) return;
  for (const key of new Set([...Object.keys(now ?? {}), ...Object.keys(before ?? {})])) {
    if (!isReserved(key) || now?.[key] === before?.[key]) continue;
    const what = part === 'labels' ? 'label' : 'annotation';
    throw forbidden(factsOf(target.definition).gr, name, `modification of reserved ${what}: ${JSON.stringify(key)}`);
  }
}

function isReservedAnnotation(key: string): boolean {
  return reservedAnnotations.has(key) || isReservedDomain(key);
}

function isReservedDomain(key: string): boolean {
  const slash = key.indexOf('/');
  if (slash < 0) return false;
  const domain = key.slice(0, slash);
  return domain.endsWith('.internal.kcp.io') || (domain.startsWith('internal.') && domain.endsWith('kcp.io'));
}
