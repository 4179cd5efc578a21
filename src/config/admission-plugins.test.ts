import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { chosenPlugins, defaultPlugins, pluginChoiceError } from './admission-plugins.ts';

describe('the choice of admission plugins', () => {
  it("begins with stock's defaults, in stock's order", () => {
    const chosen = chosenPlugins(defaultPlugins);
    assert.ok(chosen.includes('NamespaceLifecycle'));
    assert.ok(chosen.indexOf('NamespaceLifecycle') < chosen.indexOf('ServiceAccount'));
  });

  it('takes away what is disabled', () => {
    assert.ok(!chosenPlugins({ enabled: [], disabled: ['ServiceAccount'] }).includes('ServiceAccount'));
  });

  it('refuses names that nobody knows, or that are chosen both ways, as stock does', () => {
    assert.equal(
      pluginChoiceError({ enabled: ['Nope'], disabled: [] }),
      'enable-admission-plugins plugin "Nope" is unknown',
    );
    assert.equal(
      pluginChoiceError({ enabled: [], disabled: ['Nope'] }),
      'disable-admission-plugins plugin "Nope" is unknown',
    );
    assert.equal(
      pluginChoiceError({ enabled: ['ServiceAccount'], disabled: ['ServiceAccount'] }),
      '[ServiceAccount] in enable-admission-plugins and disable-admission-plugins overlapped',
    );
    assert.equal(pluginChoiceError({ enabled: ['ServiceAccount'], disabled: ['PodSecurity'] }), undefined);
  });

  it('refuses to promise a plugin that is not here', () => {
    assert.equal(
      pluginChoiceError({ enabled: ['ImagePolicyWebhook'], disabled: [] }),
      'enable-admission-plugins: this server has no plugin "ImagePolicyWebhook"',
    );
  });
});
