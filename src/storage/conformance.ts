import { describeClusters } from './conformance/clusters.ts';
import { describeCommits } from './conformance/commits.ts';
import { describeDefaultContent } from './conformance/default-content.ts';
import { describeGuards } from './conformance/guards.ts';
import { describeHistory } from './conformance/history.ts';
import { describeLists } from './conformance/lists.ts';
import { describeReplicas } from './conformance/replicas.ts';
import { describe, type StoreFactory } from './conformance/harness.ts';
import { describeRest } from './conformance/rest.ts';
import { describeWatches } from './conformance/watches.ts';

export type { StoreFactory, StoreHarness } from './conformance/harness.ts';

/**
 * What every `ObjectStore` must do, as tests of node:test. Call it at the top of a test file with a name and a function that opens an empty store.
 */
export function runStoreConformance(name: string, open: StoreFactory): void {
  describe(`${name} keeps the contract of ObjectStore`, () => {
    describeCommits(open);
    describeGuards(open);
    describeLists(open);
    describeHistory(open);
    describeWatches(open);
    describeDefaultContent(open);
    describeClusters(open);
    describeRest(open);
    describeReplicas(open);
  });
}
