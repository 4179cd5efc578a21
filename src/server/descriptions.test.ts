import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { modelPlace, readModelTexts } from '../apimachinery/openapi/model-declarations.ts';
import { createDescriptions } from './descriptions.ts';

const descriptions = createDescriptions();

describe('descriptions of types and fields', () => {
  it('are those of the release, of types, fields and status types', () => {
    assert.equal(
      descriptions('io.k8s.api.apps.v1.Deployment'),
      'Deployment enables declarative updates for Pods and ReplicaSets.',
    );
    const strategy = descriptions('io.k8s.api.apps.v1.DeploymentSpec', 'strategy');
    assert.equal(strategy, 'The deployment strategy to use to replace existing pods with new ones.');
    assert.match(descriptions('io.k8s.api.core.v1.ContainerState', 'waiting') ?? '', /^Details about a waiting/);
    assert.match(
      descriptions('io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta', 'labels') ?? '',
      /^Map of string keys/,
    );
  });

  it('list the values of enumerations', () => {
    assert.match(
      descriptions('io.k8s.api.core.v1.ContainerPort', 'protocol') ?? '',
      /\n\nPossible enum values:\n - `"SCTP"` is the SCTP protocol\.\n/,
    );
  });

  it('say of every kind what its apiVersion and kind are', () => {
    const pod = descriptions('io.k8s.api.core.v1.Pod', 'apiVersion');
    assert.match(pod ?? '', /^APIVersion defines the versioned schema/);
    assert.equal(pod, descriptions('io.k8s.api.authorization.v1.SelfSubjectAccessReview', 'apiVersion'));
  });

  it('do not exist for types and fields that are not Kubernetes’ own, whatever their names are', () => {
    for (const name of [
      'dev.atoll.v1.Thing',
      'io.k8s.api.nobody.v1.Pod',
      'io.k8s.api.core.v1.Nothing',
      '',
      '__proto__',
    ])
      for (const field of [undefined, 'kind', 'spec', '__proto__']) assert.equal(descriptions(name, field), undefined);
    assert.equal(descriptions('io.k8s.api.core.v1.Pod', 'constructor'), undefined);
  });

  it('are looked for in the package only', () => {
    for (const name of ['io.k8s.api.core.v1/../../x', 'io.k8s.api.a.b.c.d.e', 'io.k8s.api...', 'io.k8s.api.core.%2e'])
      assert.equal(modelPlace(name), undefined);
  });

  it('come without what the package added to them', () => {
    const source = [
      '/**',
      ' * Old. Use \\* and *\\/x.',
      ' *',
      ' * \tIndented.',
      ' * @deprecated',
      ' */',
      'export interface IOld {',
      '    /**',
      '     * A field.',
      '     */',
      '    "a"?: string;',
      '    "bare": string;',
      '}',
    ].join('\n');
    assert.deepEqual(
      [...readModelTexts(source)],
      [
        ['', 'Old. Use * and */x.\n\n\tIndented.'],
        ['a', 'A field.'],
      ],
    );
  });
});
