import type { JsonObject } from '../../apimachinery/json.ts';
import { formatTime } from '../../apimachinery/object.ts';
import type { RestStorageFactory } from '../generic/engine.ts';
import { renderObject } from '../generic/rendered.ts';

/** POST selfsubjectreviews: who the server takes the caller for. */
export const selfSubjectReviewStorage: RestStorageFactory = (engine) => ({
  create({ user }, target) {
    const userInfo: JsonObject = { username: user.name };
    if (user.uid !== '') userInfo['uid'] = user.uid;
    if (user.groups.length > 0) userInfo['groups'] = [...user.groups];
    const extra = Object.entries(user.extra);
    if (extra.length > 0) userInfo['extra'] = Object.fromEntries(extra.map(([key, values]) => [key, [...values]]));
    return Promise.resolve(
      renderObject({
        kind: target.definition.kind,
        apiVersion: `${target.definition.group}/${target.version.version}`,
        metadata: { creationTimestamp: formatTime(engine.now()) },
        status: { userInfo },
      }),
    );
  },
});
