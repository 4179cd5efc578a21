import { runStoreConformance } from '../conformance.ts';
import { createMemoryStore } from './store.ts';

runStoreConformance('the in-memory store', ({ defaults }) => {
  const store = createMemoryStore({ defaults, progressMs: 20 });
  return Promise.resolve({ store, forgetHistory: () => store.forgetHistory(), close: () => store.close() });
});
