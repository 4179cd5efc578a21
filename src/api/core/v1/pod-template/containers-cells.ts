import { stringColumn } from '../../../../apimachinery/table.ts';
import type { PodTemplateSpec } from './types.ts';

/** The wide columns of kinds with a pod template. */
export const containersColumn = stringColumn('Containers', 'The names of the containers.', 1);
export const imagesColumn = stringColumn('Images', 'The images of the containers.', 1);

/** Names and images of a template's containers, comma separated. */
export function containersCells(template: PodTemplateSpec | undefined): [string, string] {
  const containers = template?.spec?.containers ?? [];
  return [containers.map(({ name = '' }) => name).join(','), containers.map(({ image = '' }) => image).join(',')];
}
