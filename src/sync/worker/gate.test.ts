import assert from 'node:assert/strict';
import { test } from 'node:test';
import { backoffMs, type Outcome, PhysicalClusterGate } from './gate.ts';

function attempt(gate: PhysicalClusterGate, outcome: Outcome): boolean {
  const entry = gate.enter();
  if (entry.ok) entry.leave(outcome);
  return entry.ok;
}

function room(gate: PhysicalClusterGate): number {
  const inside: (() => void)[] = [];
  for (;;) {
    const entry = gate.enter();
    if (!entry.ok) break;
    inside.push(() => entry.leave('overloaded'));
  }
  return inside.length;
}

test('ten may begin at once, more while it goes well', () => {
  assert.equal(room(new PhysicalClusterGate()), 10);
  const gate = new PhysicalClusterGate();
  for (let i = 0; i < 5000; i++) attempt(gate, 'ok');
  assert.equal(room(gate), 50);
});

test('half as many when the cluster groans', () => {
  const gate = new PhysicalClusterGate();
  attempt(gate, 'overloaded');
  assert.equal(room(gate), 5);
});

test('after three failures nobody enters but a scout every ten seconds, until one comes back', () => {
  let now = 0;
  const gate = new PhysicalClusterGate(() => now);
  for (let i = 0; i < 3; i++) assert.ok(attempt(gate, 'unreachable'));
  const closed = gate.enter();
  assert.ok(!closed.ok && closed.retryMs > 10_000);
  now = 10_000;
  assert.ok(attempt(gate, 'unreachable'));
  assert.ok(!gate.enter().ok);
  now = 20_000;
  const scout = gate.enter();
  assert.ok(scout.ok && !gate.answers);
  assert.deepEqual(scout.leave('ok'), { recovered: true });
  const next = gate.enter();
  assert.ok(next.ok && gate.answers);
  assert.deepEqual(next.leave('ok'), { recovered: false });
});

test('leaving twice counts once', () => {
  const gate = new PhysicalClusterGate();
  const entry = gate.enter();
  assert.ok(entry.ok);
  entry.leave('ok');
  entry.leave('ok');
  assert.equal(room(gate), 10);
});

test('back-off doubles from a quarter of a second to five minutes, with full jitter', () => {
  assert.equal(
    backoffMs(1, () => 1),
    250,
  );
  assert.equal(
    backoffMs(4, () => 1),
    2000,
  );
  assert.equal(
    backoffMs(1000, () => 1),
    300_000,
  );
  assert.equal(
    backoffMs(1000, () => 0),
    50,
  );
});
