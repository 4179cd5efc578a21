import { hash } from 'node:crypto';
import { rootCaConfigMap } from '../../../api/default-content.ts';
import { deepEqual, type Json } from '../../../apimachinery/json.ts';
import type { ObjectStore } from '../../../storage/object-store.ts';
import { type Controller, visitEverywhere } from '../../framework/controller.ts';
import { formatObjectKey } from '../../framework/object-keys.ts';
import { createEnsureController, type EnsureOptions } from '../ensure-in-namespaces.ts';

export type RootCaControllerOptions = Pick<EnsureOptions, 'client'> & {
  readonly store: EnsureOptions['store'] & Pick<ObjectStore, 'readCheckpoint' | 'writeCheckpoint'>;
  readonly caCertificatePem: string;
};

/**
 * Every namespace has the ConfigMap `kube-root-ca.crt` with the authority of this server's certificate, whatever users do to it. A new authority is written
 * everywhere once: a durable note says which one was.
 */
export function createRootCaController(options: RootCaControllerOptions): Controller {
  const { store, client, caCertificatePem } = options;
  const data = { [rootCaConfigMap.key]: caCertificatePem };
  const note = `root-ca:${hash('sha256', caCertificatePem, 'hex').slice(0, 16)}`;
  const controller = createEnsureController({
    name: 'root-ca',
    store,
    client,
    resource: 'configmaps',
    objectName: rootCaConfigMap.name,
    make: (namespace) => ({
      kind: 'ConfigMap',
      apiVersion: 'v1',
      metadata: { name: rootCaConfigMap.name, namespace, annotations: { ...rootCaConfigMap.annotations } },
      data,
    }),
    repair: (object) =>
      deepEqual(object.data as Json | undefined, data) && object.binaryData === undefined
        ? undefined
        : { ...object, data, binaryData: undefined },
    sweepAtStart: true,
    swept: () => store.writeCheckpoint(note, 1),
  });
  return {
    ...controller,
    async sweep(context) {
      const isNew = (await store.readCheckpoint(note)) === undefined;
      if (context.reason === 'start' && !isNew) return;
      // Also those in namespaces that have no row: they are found by the ConfigMap that somebody changed once.
      if (isNew)
        await visitEverywhere(store, 'configmaps', context, ({ key }) => {
          if (key.name === rootCaConfigMap.name)
            context.enqueue(formatObjectKey({ ...key, resource: 'namespaces', namespace: '', name: key.namespace }));
        });
      await controller.sweep?.(context);
    },
  };
}
