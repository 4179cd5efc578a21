import { createAdmission } from '../../src/admission/index.ts';
import { builtinDefinitions } from '../../src/api/builtin.ts';
import { gatedDefinitions } from '../../src/api/gated.ts';
import { createDefaultContent } from '../../src/api/default-content.ts';
import { createAuthorizer } from '../../src/authorization/chain.ts';
import { createAddressGuard } from '../../src/client/webhook/address-guard.ts';
import { createWebhookCaller } from '../../src/client/webhook/caller.ts';
import { createStoredServiceResolver } from '../../src/client/webhook/stored-services.ts';
import { createCatalogSource } from '../../src/registry/catalog.ts';
import { createCustomResourceCatalogs } from '../../src/registry/customresources/catalogs.ts';
import { createRegistry } from '../../src/registry/generic/registry.ts';
import { standardStorages } from '../../src/registry/standard.ts';
import { createMemoryStore } from '../../src/storage/memory/store.ts';
import { type Stack, startStack } from './http-stack.ts';

/** A stack with the whole admission chain, whose logical clusters may have webhooks on loopback. */
export async function startAdmissionStack(
  options: { readonly deny?: readonly string[]; readonly mutatingPolicies?: boolean } = {},
): Promise<Stack> {
  const store = createMemoryStore({ defaults: createDefaultContent({ caCertificatePem: 'CA' }) });
  const webhooks = createWebhookCaller({
    services: createStoredServiceResolver(store),
    guard: createAddressGuard({ deny: options.deny ?? [], allow: [] }),
    atOncePerCluster: 4,
  });
  const { mutatingPolicies = false } = options;
  const gated = gatedDefinitions({ MutatingAdmissionPolicy: mutatingPolicies });
  const builtIn = createCatalogSource({ definitions: [...builtinDefinitions, ...gated], resources: ['*'] });
  const catalogs = createCustomResourceCatalogs(store, builtIn, webhooks);
  const authorizer = createAuthorizer({ store });
  const registry = createRegistry({
    store,
    catalogs,
    admission: createAdmission({ store, catalogs, authorizer, webhooks, mutatingPolicies }),
    ...standardStorages({ store, authorizer, externalUrl: 'https://atoll.test', builtIn }),
  });
  const stack = await startStack({ store, api: { registry, catalogs } });
  return {
    ...stack,
    registry,
    async stop() {
      await stack.stop();
      webhooks.close();
      await store.close();
    },
  };
}
