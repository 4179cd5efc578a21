import assert from 'node:assert/strict';
import { test } from 'node:test';
import { backoffMs, type Entry, type Outcome, PhysicalClusterGate } from './gate.ts';

async function attempt(gate: PhysicalClusterGate, outcome: Outcome): Promise<boolean> {
  const entry = await gate.enter();
  if (entry.ok) entry.leave(outcome);
  return entry.ok;
}

/** How many get in at once before one has to wait. */
async function room(gate: PhysicalClusterGate): Promise<number> {
  let inside = 0;
  for (;;) {
    let entered = false;
    void gate.enter().then(() => {
      entered = true;
    });
    await Promise.resolve();
    await Promise.resolve();
    if (!entered) return inside;
    inside++;
  }
}

test('ten may begin at once, more while it goes well', async () => {
  assert.equal(await room(new PhysicalClusterGate()), 10);
  const gate = new PhysicalClusterGate();
  for (let i = 0; i < 5000; i++) await attempt(gate, 'ok');
  assert.equal(await room(gate), 50);
});

test('half as many when the cluster groans', async () => {
  const gate = new PhysicalClusterGate();
  await attempt(gate, 'overloaded');
  assert.equal(await room(gate), 5);
});

test('who finds it full waits for the next who leaves, and in vain not long; a crowd is sent away', async () => {
  const gate = new PhysicalClusterGate();
  const inside: Entry[] = [];
  for (let i = 0; i < 10; i++) inside.push(await gate.enter());
  const waiting = Array.from({ length: 8 }, () => gate.enter());
  const crowd = await gate.enter();
  assert.ok(!crowd.ok && crowd.retryMs <= 1000);
  const [first] = inside;
  assert.ok(first?.ok);
  first.leave('ok');
  assert.ok((await waiting[0])?.ok);
  assert.deepEqual(
    (await Promise.all(waiting)).map(({ ok }) => ok),
    [true, false, false, false, false, false, false, false],
  );
});

test('after three failures nobody enters but a scout every ten seconds, until one comes back', async () => {
  let now = 0;
  const gate = new PhysicalClusterGate(() => now);
  for (let i = 0; i < 3; i++) assert.ok(await attempt(gate, 'unreachable'));
  const closed = await gate.enter();
  assert.ok(!closed.ok && closed.retryMs > 10_000);
  now = 10_000;
  assert.ok(await attempt(gate, 'unreachable'));
  assert.ok(!(await gate.enter()).ok);
  now = 20_000;
  const scout = await gate.enter();
  assert.ok(scout.ok && !gate.answers);
  assert.deepEqual(scout.leave('ok'), { recovered: true });
  const next = await gate.enter();
  assert.ok(next.ok && gate.answers);
  assert.deepEqual(next.leave('ok'), { recovered: false });
});

test('leaving twice counts once', async () => {
  const gate = new PhysicalClusterGate();
  const entry = await gate.enter();
  assert.ok(entry.ok);
  entry.leave('ok');
  entry.leave('ok');
  assert.equal(await room(gate), 10);
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
