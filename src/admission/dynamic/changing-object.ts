import { deepCopy, deepEqual, type Json } from '../../apimachinery/json.ts';
import type { KubeObject } from '../../apimachinery/object.ts';
import type { AdmissionAttributes } from '../admission.ts';
import type { Form } from './match.ts';
import type { Versioned } from './versioned-objects.ts';
import { asServed, inForm, replaceObject } from './versioned.ts';

/** The object of a request while webhooks or policies change it, one after the other, each in the form that it wants to see. */
export class ChangingObject {
  readonly #attributes: AdmissionAttributes;
  #shown:
    | { readonly form: Form; object: KubeObject | undefined; readonly oldObject: KubeObject | undefined }
    | undefined;
  /** The object as it was changed last, not yet in `attributes.object`. */
  #changed: KubeObject | undefined;

  constructor(attributes: AdmissionAttributes) {
    this.#attributes = attributes;
  }

  /** The object as it is by now, in whatever form. */
  get current(): KubeObject | undefined {
    return this.#changed ?? this.#attributes.object;
  }

  /** Both objects in a form; what was changed in another form is converted on the way. @throws ApiError when that is not possible */
  async in(form: Form): Promise<Versioned> {
    const { form: last } = this.#shown ?? {};
    if (this.#shown !== undefined && last?.version === form.version && last.definition === form.definition)
      return this.#shown;
    await this.settle();
    const { object, oldObject } = this.#attributes;
    this.#shown = {
      form,
      object: object && (await inForm(this.#attributes, object, form)),
      oldObject: oldObject && (await inForm(this.#attributes, oldObject, form)),
    };
    return this.#shown;
  }

  /** Takes what became of the object in the form that was asked for last. Gives whether it is another one than before. */
  change(changed: KubeObject): boolean {
    const shown = this.#shown;
    if (shown === undefined) return false;
    const before = shown.object;
    this.#changed = changed;
    shown.object = asServed(this.#attributes, deepCopy(changed as Json) as KubeObject, shown.form);
    return !deepEqual(before as Json | undefined, shown.object as Json);
  }

  /** Makes `attributes.object` what the object has become. @throws ApiError when it cannot be converted */
  async settle(): Promise<void> {
    if (this.#changed === undefined || this.#shown === undefined) return;
    await replaceObject(this.#attributes, this.#changed, this.#shown.form);
    this.#changed = undefined;
    this.#shown = undefined;
  }
}
