/** A valid object to be mutated. Its metadata is filled in; `stored` false keeps it from being updated (reviews; kinds that answer elsewhere). */
export type Sample = {
  readonly resource: string;
  readonly group: string;
  readonly version: string;
  readonly kind: string;
  readonly body: Readonly<Record<string, unknown>>;
  readonly metadata?: Readonly<Record<string, unknown>>;
  /** The name of what is created beside the stored object, where metadata says the latter's. */
  readonly freshName?: string;
  /** Metadata is walked through the schema, too. */
  readonly mutateMetadata?: boolean;
  /** What the status subresource is given. */
  readonly status?: Readonly<Record<string, unknown>>;
  /** Only created, never updated. */
  readonly createOnly?: boolean;
};

/** A sample of one group and version: `of('apps', 'v1')('deployments', 'Deployment', { spec })`. */
export function of(
  group: string,
  version: string,
): (
  resource: string,
  kind: string,
  body: Sample['body'],
  more?: Partial<Omit<Sample, 'resource' | 'kind' | 'body'>>,
) => Sample {
  return (resource, kind, body, more = {}) => ({ group, version, resource, kind, body, ...more });
}

export const time = '2024-01-02T03:04:05Z';
export const microTime = '2024-01-02T03:04:05.000006Z';
export const condition = {
  type: 'Ready',
  status: 'True',
  reason: 'Because',
  message: 'so it is',
  lastTransitionTime: time,
};
export const labelSelector = {
  matchLabels: { app: 'web' },
  matchExpressions: [
    { key: 'tier', operator: 'In', values: ['a', 'b'] },
    { key: 'gone', operator: 'DoesNotExist' },
  ],
};
