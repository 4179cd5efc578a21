import { dns1123Label, dns1123Subdomain } from '../../validation/names.ts';
import { declare, type Implementation, type Library, method } from '../declarations.ts';
import { BOOL, CelType, STRING } from '../type.ts';
import { CelError, type CelResult, type CelValue, noSuchOverload, OpaqueValue } from '../values.ts';

const type = (name: string): CelType => new CelType('struct', `kubernetes.authorization.${name}`);

/** The type of the variable `authorizer`. */
export const AUTHORIZER: CelType = type('Authorizer');
/** The type of the variable `authorizer.requestResource`. */
export const RESOURCE_CHECK: CelType = type('ResourceCheck');
const PATH_CHECK = type('PathCheck');
const GROUP_CHECK = type('GroupCheck');
const DECISION = type('Decision');

/** What an expression asks: may the user of the request, or a service account, do something? */
export type AuthorizerQuestion = {
  /** The user to ask about; undefined: the one of the request. */
  readonly serviceAccount: { readonly namespace: string; readonly name: string } | undefined;
  readonly verb: string;
} & (
  | { readonly kind: 'path'; readonly path: string }
  | {
      readonly kind: 'resource';
      readonly group: string;
      readonly resource: string;
      readonly subresource: string;
      readonly namespace: string;
      readonly name: string;
      readonly fieldSelector: string;
      readonly labelSelector: string;
    }
);

export type AuthorizerAnswer = {
  readonly allowed: boolean;
  readonly reason: string;
  /** Why there is no decision. */
  readonly error?: string;
};

/**
 * Thrown out of an evaluation by a question that has no answer yet. Whoever evaluates gets the answer and evaluates
 * again; an evaluation does nothing else, so that is safe.
 */
export class AuthorizerAnswerNeeded extends Error {
  readonly question: AuthorizerQuestion;

  constructor(question: AuthorizerQuestion) {
    super('the expression asks for a decision that is not known yet');
    this.name = 'AuthorizerAnswerNeeded';
    this.question = question;
  }
}

/** Gives the answer to a question; undefined: not known yet. */
export type Answers = (question: AuthorizerQuestion) => AuthorizerAnswer | undefined;

/** The value of `authorizer` for one request. */
export class AuthorizerValue extends OpaqueValue {
  override readonly celType = AUTHORIZER;
  readonly answers: Answers;
  readonly serviceAccount: AuthorizerQuestion['serviceAccount'];

  constructor(answers: Answers, serviceAccount?: AuthorizerQuestion['serviceAccount']) {
    super();
    this.answers = answers;
    this.serviceAccount = serviceAccount;
  }

  override equals(other: CelValue): CelResult {
    return other instanceof AuthorizerValue ? other === this : noSuchOverload;
  }

  /** Asks, with the answer as a value. @throws AuthorizerAnswerNeeded if nobody knows yet */
  decide(question: AuthorizerQuestion): CelResult {
    const answer = this.answers(question);
    if (answer === undefined) throw new AuthorizerAnswerNeeded(question);
    return new DecisionValue(answer);
  }
}

class DecisionValue extends OpaqueValue {
  override readonly celType = DECISION;
  readonly answer: AuthorizerAnswer;

  constructor(answer: AuthorizerAnswer) {
    super();
    this.answer = answer;
  }

  override equals(): CelResult {
    return noSuchOverload;
  }
}

class PathCheck extends OpaqueValue {
  override readonly celType = PATH_CHECK;
  readonly authorizer: AuthorizerValue;
  readonly path: string;

  constructor(authorizer: AuthorizerValue, path: string) {
    super();
    this.authorizer = authorizer;
    this.path = path;
  }

  override equals(): CelResult {
    return noSuchOverload;
  }
}

class GroupCheck extends OpaqueValue {
  override readonly celType = GROUP_CHECK;
  readonly authorizer: AuthorizerValue;
  readonly group: string;

  constructor(authorizer: AuthorizerValue, group: string) {
    super();
    this.authorizer = authorizer;
    this.group = group;
  }

  override equals(): CelResult {
    return noSuchOverload;
  }
}

type ResourceFields = Omit<AuthorizerQuestion & { kind: 'resource' }, 'kind' | 'serviceAccount' | 'verb'>;

/** The value of `authorizer.requestResource`, and of what `group().resource()` gives. */
export class ResourceCheck extends OpaqueValue {
  override readonly celType = RESOURCE_CHECK;
  readonly authorizer: AuthorizerValue;
  readonly fields: ResourceFields;

  constructor(
    authorizer: AuthorizerValue,
    fields: Partial<ResourceFields> & Pick<ResourceFields, 'group' | 'resource'>,
  ) {
    super();
    this.authorizer = authorizer;
    this.fields = { subresource: '', namespace: '', name: '', fieldSelector: '', labelSelector: '', ...fields };
  }

  override equals(): CelResult {
    return noSuchOverload;
  }
}

const path: Implementation = (authorizer, text) => {
  if (!(authorizer instanceof AuthorizerValue) || typeof text !== 'string') return noSuchOverload;
  return text.trim() === '' ? new CelError('path must not be empty') : new PathCheck(authorizer, text);
};

const group: Implementation = (authorizer, text) =>
  authorizer instanceof AuthorizerValue && typeof text === 'string' ? new GroupCheck(authorizer, text) : noSuchOverload;

const serviceAccount: Implementation = (authorizer, namespace, name) => {
  if (!(authorizer instanceof AuthorizerValue)) return noSuchOverload;
  if (typeof namespace !== 'string' || typeof name !== 'string') return noSuchOverload;
  if (dns1123Subdomain(name).length > 0) return new CelError('Invalid service account name');
  if (dns1123Label(namespace).length > 0) return new CelError('Invalid service account namespace');
  return new AuthorizerValue(authorizer.answers, { namespace, name });
};

const resource: Implementation = (check, text) => {
  if (!(check instanceof GroupCheck) || typeof text !== 'string') return noSuchOverload;
  if (text.trim() === '') return new CelError('resource must not be empty');
  return new ResourceCheck(check.authorizer, { group: check.group, resource: text });
};

function field(name: keyof ResourceFields): Implementation {
  return (check, text) =>
    check instanceof ResourceCheck && typeof text === 'string'
      ? new ResourceCheck(check.authorizer, { ...check.fields, [name]: text })
      : noSuchOverload;
}

const check: Implementation = (subject, verb) => {
  if (typeof verb !== 'string') return noSuchOverload;
  if (subject instanceof PathCheck) {
    const { authorizer } = subject;
    return authorizer.decide({
      kind: 'path',
      path: subject.path,
      verb,
      serviceAccount: authorizer.serviceAccount,
    });
  }
  if (!(subject instanceof ResourceCheck)) return noSuchOverload;
  const { authorizer, fields } = subject;
  return authorizer.decide({ kind: 'resource', ...fields, verb, serviceAccount: authorizer.serviceAccount });
};

function decision(work: (answer: AuthorizerAnswer) => CelResult): Implementation {
  return (value) => (value instanceof DecisionValue ? work(value.answer) : noSuchOverload);
}

/** Questions to the authorizer. */
export const authorizerLibrary: Library = {
  functions: [
    declare('path', method('authorizer_path', [AUTHORIZER, STRING], PATH_CHECK, path)),
    declare('group', method('authorizer_group', [AUTHORIZER, STRING], GROUP_CHECK, group)),
    declare(
      'serviceAccount',
      method('authorizer_serviceaccount', [AUTHORIZER, STRING, STRING], AUTHORIZER, serviceAccount),
    ),
    declare('resource', method('groupcheck_resource', [GROUP_CHECK, STRING], RESOURCE_CHECK, resource)),
    ...(['subresource', 'namespace', 'name'] as const).map((name) =>
      declare(name, method(`resourcecheck_${name}`, [RESOURCE_CHECK, STRING], RESOURCE_CHECK, field(name))),
    ),
    declare(
      'check',
      method('pathcheck_check', [PATH_CHECK, STRING], DECISION, check),
      method('resourcecheck_check', [RESOURCE_CHECK, STRING], DECISION, check),
    ),
    declare(
      'errored',
      method(
        'decision_errored',
        [DECISION],
        BOOL,
        decision(({ error }) => error !== undefined),
      ),
    ),
    declare(
      'error',
      method(
        'decision_error',
        [DECISION],
        STRING,
        decision(({ error }) => error ?? ''),
      ),
    ),
    declare(
      'allowed',
      method(
        'decision_allowed',
        [DECISION],
        BOOL,
        decision(({ allowed }) => allowed),
      ),
    ),
    declare(
      'reason',
      method(
        'decision_reason',
        [DECISION],
        STRING,
        decision(({ reason }) => reason),
      ),
    ),
  ],
};

/** Selectors in questions to the authorizer. */
export const authorizerSelectorsLibrary: Library = {
  functions: (['fieldSelector', 'labelSelector'] as const).map((name) =>
    declare(name, method(`authorizer_${name.toLowerCase()}`, [RESOURCE_CHECK, STRING], RESOURCE_CHECK, field(name))),
  ),
};
