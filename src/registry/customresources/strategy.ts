import type { StatusSubresource, Strategy, StrategyContext, VersionConversion } from '../../api/resource-definition.ts';
import { ApiError, type FieldError, fieldError } from '../../apimachinery/errors.ts';
import type { Json, JsonObject } from '../../apimachinery/json.ts';
import { formatApiVersion, type KubeObject } from '../../apimachinery/object.ts';
import { applyStructuralDefaults } from '../../apimachinery/structural/default.ts';
import { validateListTypes } from '../../apimachinery/structural/list-types.ts';
import { evaluateRules } from '../../apimachinery/structural/rules/evaluate.ts';
import type { RuleTree } from '../../apimachinery/structural/rules/rule-tree.ts';
import { validateValue } from '../../apimachinery/structural/validate-value.ts';
import type { CompiledVersion } from './definition.ts';
import { validateScale } from './scale.ts';
import { validateEmbedded } from './validate-embedded.ts';
import { finalizerWarnings } from './warnings.ts';

/**
 * The strategy of a custom resource for requests in one version (apiextensions-apiserver's customResourceStrategy). Objects come in that version's form but
 * for their apiVersion: conversion between versions changes nothing else.
 */
export function strategyOf(
  version: CompiledVersion,
  storage: CompiledVersion,
  terminating: boolean,
  conversion: VersionConversion | undefined,
): { main: Strategy; status: StatusSubresource } {
  const scale = version.declared.subresources?.scale;
  const validateScales = (object: KubeObject): FieldError[] =>
    scale === undefined ? [] : [...validateScale(object, scale, 'spec'), ...validateScale(object, scale, 'status')];
  const validateUpdate: NonNullable<Strategy['validateUpdate']> = (object, stored, ctx) => {
    const fields = inVersion(object);
    // As it is served in this version: what ratcheting compares with.
    const old = inVersion(storage === version ? stored : version.fit(stored));
    const errors = validateValue(fields, version.values, '', { value: old });
    errors.push(...validateScales(object), ...validateEmbedded(fields, version.structural));
    const listErrors = validateListTypes(fields, version.structural);
    // Lists that were wrong before may stay so.
    if (listErrors.length > 0 && validateListTypes(old, version.structural).length === 0) errors.push(...listErrors);
    errors.push(...checkRules(version.rules, fields, old, errors, ctx));
    return errors;
  };
  const apiVersion = formatApiVersion(version.group, version.version);
  const inVersion = (object: KubeObject): JsonObject =>
    object.apiVersion === apiVersion ? (object as JsonObject) : ({ ...object, apiVersion } as JsonObject);
  const storageApiVersion = formatApiVersion(storage.group, storage.version);
  const beforeStorage: NonNullable<Strategy['beforeStorage']> = (object, at) => {
    if (conversion === undefined) return storage.readStored(object);
    return conversion
      .convert(at, [{ ...object, apiVersion }], storageApiVersion)
      .then(([converted]) => storage.readStored(converted ?? object));
  };
  const main: Strategy = {
    generation: 'spec',
    applyDefaults: (object) => applyStructuralDefaults(object as JsonObject, version.structural),
    prepareForCreate() {
      if (terminating) throw createNotAllowed(version);
    },
    validateCreate(object, ctx) {
      const fields = inVersion(object);
      const errors = validateValue(fields, version.values, '');
      errors.push(...validateScales(object), ...validateEmbedded(fields, version.structural));
      errors.push(...validateListTypes(fields, version.structural));
      errors.push(...checkRules(version.rules, fields, undefined, errors, ctx));
      return errors;
    },
    validateUpdate,
    warn(object, old, ctx) {
      for (const text of finalizerWarnings(object.metadata.finalizers, old?.metadata.finalizers)) ctx.warn(text);
    },
    ...(storage === version ? {} : { beforeStorage }),
  };
  const status: StatusSubresource = {
    validateUpdate(object, stored, ctx) {
      const old = inVersion(storage === version ? stored : version.fit(stored));
      const value = object['status'] as Json | undefined;
      const schema = version.values.properties.find(([name]) => name === 'status')?.[1];
      const errors =
        value === undefined || schema === undefined
          ? []
          : validateValue(value, schema, 'status', { value: old['status'] as Json | undefined });
      if (scale !== undefined) errors.push(...validateScale(object, scale, 'status'));
      const listErrors = validateListTypes(object as JsonObject, version.structural);
      if (listErrors.length > 0 && validateListTypes(old, version.structural).length === 0) errors.push(...listErrors);
      errors.push(...checkRules(version.rules, inVersion(object), old, errors, ctx));
      return errors;
    },
  };
  return { main, status };
}

/** Errors after which the values may not be what rules take them for. */
const blocking: ReadonlySet<string> = new Set([
  'FieldValueNotSupported',
  'FieldValueRequired',
  'FieldValueTooLong',
  'FieldValueTooMany',
  'FieldValueTypeInvalid',
]);

/** What the rules in CEL say of an object; they are left out when `errors` says that it does not fit its schema. */
function checkRules(
  rules: RuleTree | undefined,
  object: JsonObject,
  old: JsonObject | undefined,
  errors: readonly FieldError[],
  ctx: StrategyContext,
): readonly FieldError[] {
  if (rules === undefined) return [];
  if (errors.some(({ type }) => blocking.has(type))) {
    const detail =
      'some validation rules were not checked because the object was invalid; correct the existing errors to complete validation';
    return [fieldError.invalid('<nil>', null, detail)];
  }
  const before = old === undefined ? {} : { old: { value: old } };
  return evaluateRules(rules, object, { ...before, ratchet: old !== undefined, warn: (text) => ctx.warn(text) }).errors;
}

function createNotAllowed({ group, plural }: CompiledVersion): ApiError {
  return new ApiError(405, 'MethodNotAllowed', 'create not allowed while custom resource definition is terminating', {
    details: { group, kind: plural },
  });
}
