import type { Json, JsonObject } from '../../apimachinery/json.ts';
import type { DeleteOptions, WriteOptions } from '../../registry/registry.ts';
import type { AdmissionAttributes } from '../admission.ts';

const apiVersion = 'meta.k8s.io/v1';
const kinds = { CREATE: 'CreateOptions', UPDATE: 'UpdateOptions', DELETE: 'DeleteOptions', CONNECT: '' } as const;

/** The `options` of an AdmissionRequest: CreateOptions, UpdateOptions (of patches too) or DeleteOptions. Undefined for CONNECT. */
export function optionsObject({ operation, options }: AdmissionAttributes): JsonObject | undefined {
  const kind = kinds[operation];
  if (kind === '') return undefined;
  return { kind, apiVersion, ...(isDeleteOptions(operation, options) ? deleteFields(options) : writeFields(options)) };
}

function isDeleteOptions(
  operation: AdmissionAttributes['operation'],
  _options: WriteOptions | DeleteOptions,
): _options is DeleteOptions {
  return operation === 'DELETE';
}

function writeFields(options: WriteOptions | DeleteOptions): JsonObject {
  const { dryRun, fieldManager, fieldValidation, namesFieldValidation } = options as WriteOptions;
  return {
    ...(dryRun ? { dryRun: ['All'] } : {}),
    ...(fieldManager === undefined ? {} : { fieldManager }),
    ...(namesFieldValidation === true ? { fieldValidation } : {}),
  };
}

function deleteFields(options: DeleteOptions): JsonObject {
  const { dryRun, gracePeriodSeconds, propagationPolicy, orphanDependents, preconditions } = options;
  return {
    ...(gracePeriodSeconds === undefined ? {} : { gracePeriodSeconds }),
    ...(preconditions === undefined ? {} : { preconditions: preconditions as Json }),
    ...(orphanDependents === undefined ? {} : { orphanDependents }),
    ...(propagationPolicy === undefined ? {} : { propagationPolicy }),
    ...(dryRun ? { dryRun: ['All'] } : {}),
  };
}
