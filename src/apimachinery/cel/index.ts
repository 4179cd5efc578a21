export { Budget, perCallLimit } from './budget.ts';
export { StructValue } from './collections.ts';
export type { Range as CostRange } from './cost.ts';
export { unlimited as unlimitedCost } from './cost.ts';
export { declare, type FunctionDeclaration, type Library, method, overload } from './declarations.ts';
export {
  CelCompileError,
  type CompileOptions,
  compile,
  Environment,
  type EnvironmentOptions,
} from './environment.ts';
export { type Activation, CelCostExceeded, Lazy } from './frame.ts';
export { fromJson, JsonList, JsonMap } from './json-value.ts';
export {
  type Answers,
  AUTHORIZER,
  type AuthorizerAnswer,
  AuthorizerAnswerNeeded,
  type AuthorizerQuestion,
  AuthorizerValue,
  RESOURCE_CHECK,
  ResourceCheck,
} from './library/authorizer.ts';
export { APPLY_OBJECT, JSON_PATCH, mutationLibrary } from './library/mutation.ts';
export { kubernetesEnvironment, newMinor, storedMinor } from './kubernetes.ts';
export { escapeName, unescapeName } from './names.ts';
export { CelEvaluationError, Program } from './program.ts';
export { toJson } from './to-json.ts';
export { maxCardinality, typeOfSchema } from './schema-type.ts';
export { type SizeEstimator, sizesOf } from './size-hints.ts';
export {
  BOOL,
  BYTES,
  CelType,
  DOUBLE,
  DURATION,
  DYN,
  INT,
  listOf,
  mapOf,
  NULL,
  type ObjectField,
  ObjectType,
  objectType,
  opaqueType,
  optionalOf,
  STRING,
  sameType,
  TIMESTAMP,
  type TypeHints,
  typeOf,
  UINT,
  withHints,
} from './type.ts';
export {
  CelError,
  type CelResult,
  type CelValue,
  Double,
  Duration,
  ListValue,
  MapValue,
  OpaqueValue,
  Optional,
  Timestamp,
  Uint,
} from './values.ts';
