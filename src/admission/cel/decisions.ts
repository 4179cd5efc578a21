import {
  AuthorizerAnswerNeeded,
  type AuthorizerAnswer,
  type AuthorizerQuestion,
  AuthorizerValue,
  ResourceCheck,
} from '../../apimachinery/cel/index.ts';
import type { ReviewAuthorizer } from '../../registry/authorization/reviews.ts';
import type { UserInfo } from '../../registry/registry.ts';
import type { DynamicRequest } from '../dynamic/request.ts';

/** Questions that the expressions of one request may ask of the authorizer; each costs a look at the policy. */
const maxQuestions = 1000;

/**
 * What the expressions of one request ask of the authorizer. Evaluation does not wait: an expression that asks something new is given up, the answer is got,
 * and the expression is evaluated again.
 */
export class Decisions {
  readonly #authorizer: Pick<ReviewAuthorizer, 'authorize'>;
  readonly #request: DynamicRequest;
  readonly #answers = new Map<string, AuthorizerAnswer>();
  readonly #value: AuthorizerValue;

  constructor(authorizer: Pick<ReviewAuthorizer, 'authorize'>, request: DynamicRequest) {
    this.#authorizer = authorizer;
    this.#request = request;
    this.#value = new AuthorizerValue((question) => this.#answers.get(JSON.stringify(question)));
  }

  /** The variables `authorizer` and `authorizer.requestResource`. */
  variables(): Record<string, unknown> {
    const { resource, subresource, namespace, name } = this.#request;
    const { group, resource: plural } = resource;
    return {
      authorizer: this.#value,
      'authorizer.requestResource': new ResourceCheck(this.#value, {
        group,
        resource: plural,
        subresource,
        namespace,
        name,
      }),
    };
  }

  /** Calls `evaluation` until it asks nothing new. It must do nothing but evaluate. */
  async settle<T>(evaluation: () => T): Promise<T> {
    for (;;) {
      try {
        return evaluation();
      } catch (thrown) {
        if (!(thrown instanceof AuthorizerAnswerNeeded)) throw thrown;
        await this.#answer(thrown.question);
      }
    }
  }

  async #answer(question: AuthorizerQuestion): Promise<void> {
    const key = JSON.stringify(question);
    if (this.#answers.size >= maxQuestions) {
      this.#answers.set(key, { allowed: false, reason: '', error: 'too many authorization checks' });
      return;
    }
    const { cluster, user } = this.#request.attributes.ctx;
    const isPath = question.kind === 'path';
    const { outcome, reason } = await this.#authorizer.authorize({
      user: question.serviceAccount === undefined ? user : serviceAccountUser(question.serviceAccount),
      cluster,
      verb: question.verb,
      group: isPath ? '' : question.group,
      version: isPath ? '' : '*',
      resource: isPath ? '' : question.resource,
      subresource: isPath ? '' : question.subresource,
      namespace: isPath ? '' : question.namespace,
      name: isPath ? '' : question.name,
      path: isPath ? question.path : '',
    });
    this.#answers.set(key, { allowed: outcome === 'allow', reason });
  }
}

function serviceAccountUser({ namespace, name }: { readonly namespace: string; readonly name: string }): UserInfo {
  return {
    name: `system:serviceaccount:${namespace}:${name}`,
    uid: '',
    groups: ['system:serviceaccounts', `system:serviceaccounts:${namespace}`, 'system:authenticated'],
    extra: {},
  };
}
