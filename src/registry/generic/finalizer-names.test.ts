import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { apiError, createFixture } from '../testing.ts';

describe('finalizers', () => {
  it('of built-in kinds name a domain; others are warned about', async () => {
    const fixture = await createFixture();
    const metadata = { name: 'a', finalizers: ['mine'] };
    await assert.rejects(
      fixture.create('configmaps', { apiVersion: 'v1', kind: 'ConfigMap', metadata }),
      apiError(
        422,
        'ConfigMap "a" is invalid: metadata.finalizers[0]: Invalid value: "mine": name is neither a standard finalizer name nor is it fully qualified',
      ),
    );
    await fixture.create('widgets.example.com', { apiVersion: 'example.com/v1', kind: 'Widget', metadata });
    assert.deepEqual(fixture.warnings, [
      'metadata.finalizers: "mine": prefer a domain-qualified finalizer name including a path (/) to avoid accidental conflicts with other finalizer writers',
    ]);
  });
});
