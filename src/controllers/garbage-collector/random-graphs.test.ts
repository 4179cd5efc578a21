import assert from 'node:assert/strict';
import { it } from 'node:test';
import fc from 'fast-check';
import type { KubeObject } from '../../apimachinery/object.ts';
import { rootCluster } from '../../logicalcluster/name.ts';
import { ownerReference, TestPlane, until } from '../testing.ts';

const ns = 'default';
const size = 8;

/** Which objects stay when `deleted` are deleted: an object with owners goes when the last of them has gone. */
function survivors(owners: readonly (readonly number[])[], deleted: ReadonlySet<number>): Set<number> {
  const alive = new Set(owners.map((_, i) => i).filter((i) => !deleted.has(i)));
  for (let changed = true; changed; ) {
    changed = false;
    for (const i of alive) {
      const own = owners[i] ?? [];
      if (own.length > 0 && own.every((owner) => !alive.has(owner))) {
        alive.delete(i);
        changed = true;
      }
    }
  }
  return alive;
}

const graph = fc.record({
  /** For each object, its owners: of any object but itself, circles too. */
  owners: fc.array(fc.uniqueArray(fc.nat({ max: size - 1 }), { maxLength: 3 }), { minLength: size, maxLength: size }),
  blocking: fc.array(fc.boolean(), { minLength: size, maxLength: size }),
  deletions: fc.uniqueArray(fc.tuple(fc.nat({ max: size - 1 }), fc.constantFrom('Background', 'Foreground')), {
    selector: ([object]) => object,
    minLength: 1,
    maxLength: 3,
  }),
  restart: fc.boolean(),
});

it('whatever the graph, the order and restarts: what has lost all owners goes, all else stays, nothing hangs', async () => {
  await fc.assert(
    fc.asyncProperty(graph, async ({ owners, blocking, deletions, restart }) => {
      const plane = new TestPlane();
      try {
        let running = plane.startControllers();
        const ref = (i: number) => ({ cluster: rootCluster, resource: 'configmaps', namespace: ns, name: `o${i}` });
        const made: KubeObject[] = [];
        for (let i = 0; i < size; i++) made.push(await plane.create('configmaps', ns, `o${i}`));
        const links = owners.map((own, i) => own.filter((owner) => owner !== i));
        for (const [i, own] of links.entries()) {
          const ownerReferences = own.map((owner) => {
            const object = made[owner];
            assert.ok(object);
            return ownerReference(object, { blockOwnerDeletion: blocking[i] === true });
          });
          if (own.length > 0) await plane.client.patch(ref(i), { metadata: { ownerReferences } });
        }
        for (const [object, propagationPolicy] of deletions) {
          if (restart) {
            await running.stop();
            running = plane.startControllers();
          }
          await plane.client.delete(ref(object), { propagationPolicy }).catch(() => undefined);
        }
        const expected = survivors(links, new Set(deletions.map(([object]) => object)));
        const names = [...expected]
          .map((i) => `o${i}`)
          .sort()
          .join();
        const left = async () =>
          (await plane.client.list({ cluster: rootCluster, resource: 'configmaps', namespace: ns }))
            .map(({ metadata }) => metadata.name ?? '')
            .filter((name) => name.startsWith('o'));
        await until(
          async () => (await left()).sort().join() === names,
          `${JSON.stringify({ links, blocking, deletions })}: ${names}`,
        );
      } finally {
        await plane.close();
      }
    }),
    { numRuns: 150, endOnFailure: true },
  );
});
