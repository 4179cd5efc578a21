import type { KubeObject } from '../apimachinery/object.ts';
import type { ObjectStore } from '../storage/object-store.ts';
import type { AdmissionPlugin } from './admission.ts';
import { createChooser, newestDefault } from './cluster-objects.ts';
import { onlyObjectsOf } from './concern.ts';

type Ingress = KubeObject & { spec?: { ingressClassName?: string } };

const mark = 'ingressclass.kubernetes.io/is-default-class';
const classAnnotation = 'kubernetes.io/ingress.class';

/** Ingresses that name no class get the newest IngressClass that is marked as default (upstream's DefaultIngressClass). */
export function defaultIngressClass({ store }: { readonly store: ObjectStore }): AdmissionPlugin {
  const defaultClass = createChooser(store, 'ingressclasses.networking.k8s.io', (all) => newestDefault(all, [mark]));
  return {
    name: 'DefaultIngressClass',
    handles: onlyObjectsOf('ingresses.networking.k8s.io', 'CREATE'),
    async admit(attributes) {
      const ingress = attributes.object as Ingress | undefined;
      if (ingress === undefined || ingress.spec?.ingressClassName !== undefined) return;
      if (Object.hasOwn(ingress.metadata.annotations ?? {}, classAnnotation)) return;
      const found = await defaultClass(attributes);
      if (found !== undefined) (ingress.spec ??= {}).ingressClassName = found.key.name;
    },
  };
}
