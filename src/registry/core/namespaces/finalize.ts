import { invalid, notFound } from '../../../apimachinery/errors.ts';
import { deepCopy, type Json } from '../../../apimachinery/json.ts';
import type { KubeObject } from '../../../apimachinery/object.ts';
import { validateNamespaceFinalize } from '../../../api/core/v1/namespaces.ts';
import { checkRevision, checkUid, prepareChangedObject } from '../../generic/changed-object.ts';
import { keyOf, type RestStorageFactory } from '../../generic/engine.ts';
import { guaranteedWrite } from '../../generic/guaranteed-write.ts';
import { checkName } from '../../generic/metadata.ts';
import { factsOf } from '../../generic/resource-facts.ts';
import { asAttempt } from '../../generic/update.ts';

/**
 * PUT namespaces/NAME/finalize: an update that may change `spec.finalizers`, and not the status. With none left on a namespace that is being deleted, the namespace goes.
 */
export const namespaceFinalizeStorage: RestStorageFactory = (engine) => ({
  async update(ctx, target, sent, options) {
    const { gr, gk } = factsOf(target.definition);
    checkName(sent.metadata, target.name);
    const errors = validateNamespaceFinalize(sent);
    if (errors.length > 0) throw invalid(gk, target.name, errors);
    return guaranteedWrite(engine.store, keyOf(ctx, target), gr, async (current) => {
      checkUid(target, sent.metadata.uid, current?.object.metadata.uid ?? '');
      if (current === undefined) throw notFound(gr, target.name);
      checkRevision(target, sent, current);
      const next = deepCopy(sent as Json) as KubeObject;
      const { status } = current.object;
      if (status === undefined) delete next['status'];
      else next['status'] = deepCopy(status as Json);
      const changed = await prepareChangedObject(engine, ctx, target, next, current, options, false);
      return asAttempt(target, changed, current, options);
    });
  },
});
