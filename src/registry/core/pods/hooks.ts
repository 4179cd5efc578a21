import type { KubeObject } from '../../../apimachinery/object.ts';
import { structField, textField } from '../../generic/object-fields.ts';
import type { ResourceHooks } from '../../generic/hooks.ts';
import type { DeleteOptions } from '../../registry.ts';

/**
 * Pods are deleted gracefully only where something runs: a pod without a node, or one that has ended, goes at once (upstream
 * registry/core/pod/strategy.go).
 */
export const podHooks: ResourceHooks = {
  gracePeriodSeconds(pod: KubeObject, options: DeleteOptions): number {
    const spec = structField(pod, 'spec');
    if (textField(spec, 'nodeName') === '') return 0;
    const phase = textField(structField(pod, 'status'), 'phase');
    if (phase === 'Failed' || phase === 'Succeeded') return 0;
    const own = spec?.['terminationGracePeriodSeconds'];
    const seconds = options.gracePeriodSeconds ?? (typeof own === 'number' ? own : 0);
    return seconds < 0 ? 1 : seconds;
  },
};
