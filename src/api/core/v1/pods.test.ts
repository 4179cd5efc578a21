import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Pod, PodStatus } from './pod-status.ts';
import { pods } from './pods.ts';

function defaulted(status: PodStatus): PodStatus | undefined {
  const pod = { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'p' }, spec: {}, status } as unknown as Pod;
  pods.strategy.applyDefaults?.(pod, 'v1');
  return pod.status;
}

describe('the addresses of a Pod', () => {
  it('are a list when the writer knows one only', () => {
    assert.deepEqual(defaulted({ podIP: '10.0.0.1' })?.podIPs, [{ ip: '10.0.0.1' }]);
  });

  it('begin with the one', () => {
    assert.equal(defaulted({ podIPs: [{ ip: '10.0.0.1' }, { ip: 'fd00::1' }] })?.podIP, '10.0.0.1');
  });

  it('follow the one when both are given and differ', () => {
    assert.deepEqual(defaulted({ podIP: '10.0.0.2', podIPs: [{ ip: '10.0.0.1' }] })?.podIPs, [{ ip: '10.0.0.2' }]);
  });

  it('stay away when there are none', () => {
    assert.deepEqual(defaulted({ phase: 'Pending' }), { phase: 'Pending' });
  });
});
