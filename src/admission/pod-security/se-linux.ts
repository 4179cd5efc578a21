import type { JsonObject } from '../../apimachinery/json.ts';
import { type CheckPod, containersOf, counted, namesOf, setters, sorted } from './check.ts';

const allowedTypes = ['', 'container_t', 'container_init_t', 'container_kvm_t'];

/** Only types for containers (and `more`), and no user or role of one's own. */
export function seLinuxOptions(more: readonly string[]): CheckPod {
  const allowed = new Set([...allowedTypes, ...more]);
  return (_metadata, spec) => {
    const types = new Set<string>();
    const set = { user: false, role: false };
    const isBad = (options: JsonObject | undefined): boolean => {
      if (options === undefined) return false;
      const { type = '', user = '', role = '' } = options as { type?: string; user?: string; role?: string };
      if (!allowed.has(type)) types.add(type);
      if (user !== '') set.user = true;
      if (role !== '') set.role = true;
      return !allowed.has(type) || user !== '' || role !== '';
    };
    const pod = isBad(spec.securityContext?.seLinuxOptions);
    const who = setters(
      pod,
      namesOf(containersOf(spec), ({ securityContext }) => isBad(securityContext?.seLinuxOptions)),
    );
    if (who === undefined) return undefined;
    const what = [
      ...(types.size > 0 ? [counted('type', sorted(types))] : []),
      ...(set.user ? ['user may not be set'] : []),
      ...(set.role ? ['role may not be set'] : []),
    ];
    return {
      reason: 'seLinuxOptions',
      detail: `${who} set forbidden securityContext.seLinuxOptions: ${what.join('; ')}`,
    };
  };
}
