import { hash } from 'node:crypto';
import { rootCaConfigMap } from '../../../api/default-content.ts';
import { deepEqual, type Json } from '../../../apimachinery/json.ts';
import type { ObjectStore } from '../../../storage/object-store.ts';
import type { Controller } from '../../framework/controller.ts';
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
  let first = true;
  return {
    ...controller,
    async sweep(context) {
      const known = first && (await store.readCheckpoint(note)) !== undefined;
      first = false;
      if (!known) await controller.sweep?.(context);
    },
  };
}
