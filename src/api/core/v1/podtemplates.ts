import type { FieldError } from '../../../apimachinery/errors.ts';
import type { KubeObject } from '../../../apimachinery/object.ts';
import { labelsCell, nameColumn, stringColumn } from '../../../apimachinery/table.ts';
import { builtinResource } from '../../builtin-resource.ts';
import { containersCells } from './pod-template/containers-cells.ts';
import { defaultPodTemplate } from './pod-template/defaults.ts';
import { dropGatedPodFields } from './pod-template/gated-fields.ts';
import type { PodTemplateSpec } from './pod-template/types.ts';
import { validatePodTemplate } from './pod-template/validate-pod-spec.ts';

type PodTemplate = KubeObject & { template?: PodTemplateSpec };

function dropGatedFields(object: KubeObject): void {
  dropGatedPodFields((object as PodTemplate).template?.spec);
}

export const podTemplates = builtinResource({
  group: '',
  version: 'v1',
  kind: 'PodTemplate',
  resource: 'podtemplates',
  scope: 'Namespaced',
  table: {
    columns: [
      nameColumn,
      stringColumn('Containers', 'The names of the containers.'),
      stringColumn('Images', 'The images of the containers.'),
      stringColumn('Pod Labels', 'The labels of the pods.'),
    ],
    cells: (object) => {
      const { template } = object as PodTemplate;
      return [object.metadata.name ?? '', ...containersCells(template), labelsCell(template?.metadata?.labels)];
    },
  },
  strategy: {
    generation: 'spec',
    allowUnconditionalUpdate: true,
    returnDeletedObject: true,
    applyDefaults: (object) => defaultPodTemplate(((object as PodTemplate).template ??= {})),
    prepareForCreate: dropGatedFields,
    prepareForUpdate: dropGatedFields,
    validate(object) {
      const errors: FieldError[] = [];
      validatePodTemplate((object as PodTemplate).template ?? {}, 'template', errors);
      return errors;
    },
  },
});
