import type { KubeObject } from '../../apimachinery/object.ts';
import type { AdmissionAttributes } from '../admission.ts';
import type { Form } from './match.ts';
import { inForm } from './versioned.ts';

export type Versioned = { readonly object: KubeObject | undefined; readonly oldObject: KubeObject | undefined };

/** The objects of a request, converted once for each form in which somebody wants to see them. */
export class VersionedObjects {
  readonly #attributes: AdmissionAttributes;
  readonly #known = new Map<string, Promise<Versioned>>();

  constructor(attributes: AdmissionAttributes) {
    this.#attributes = attributes;
  }

  /** @throws ApiError when they cannot be converted. */
  in(form: Form): Promise<Versioned> {
    const key = `${form.definition.group}/${form.version.version}`;
    let versioned = this.#known.get(key);
    if (versioned === undefined) {
      versioned = this.#convert(form);
      this.#known.set(key, versioned);
    }
    return versioned;
  }

  async #convert(form: Form): Promise<Versioned> {
    const { object, oldObject } = this.#attributes;
    return {
      object: object && (await inForm(this.#attributes, object, form)),
      oldObject: oldObject && (await inForm(this.#attributes, oldObject, form)),
    };
  }
}
