import type { StatusSubresource, Strategy } from '../../api/resource-definition.ts';
import { ApiError, type FieldError } from '../../apimachinery/errors.ts';
import type { JsonObject } from '../../apimachinery/json.ts';
import type { KubeObject } from '../../apimachinery/object.ts';
import { applyStructuralDefaults } from '../../apimachinery/structural/default.ts';
import type { CompiledVersion } from './definition.ts';
import { validateScale } from './scale.ts';
import { finalizerWarnings } from './warnings.ts';

/**
 * The strategy of a custom resource for requests in one version (apiextensions-apiserver's customResourceStrategy). Objects come in that version's form but
 * for their apiVersion: conversion between versions changes nothing else.
 */
export function strategyOf(
  version: CompiledVersion,
  storage: CompiledVersion,
  terminating: boolean,
): { main: Strategy; status: StatusSubresource } {
  const scale = version.declared.subresources?.scale;
  const validate = (object: KubeObject, _old: KubeObject | undefined): FieldError[] => {
    const errors: FieldError[] = [];
    if (scale !== undefined)
      errors.push(...validateScale(object, scale, 'spec'), ...validateScale(object, scale, 'status'));
    return errors;
  };
  const main: Strategy = {
    generation: 'spec',
    applyDefaults: (object) => applyStructuralDefaults(object as JsonObject, version.structural),
    prepareForCreate() {
      if (terminating) throw createNotAllowed();
    },
    validateCreate: (object) => validate(object, undefined),
    validateUpdate: (object, old) => validate(object, old),
    warn(object, old, ctx) {
      for (const text of finalizerWarnings(object.metadata.finalizers, old?.metadata.finalizers)) ctx.warn(text);
    },
    ...(storage === version ? {} : { beforeStorage: (object: KubeObject) => storage.readStored(object) }),
  };
  const status: StatusSubresource = {
    validateUpdate: (object) => (scale === undefined ? [] : validateScale(object, scale, 'status')),
  };
  return { main, status };
}

function createNotAllowed(): ApiError {
  return new ApiError(405, 'MethodNotAllowed', 'create not allowed while custom resource definition is terminating', {
    details: {},
  });
}
