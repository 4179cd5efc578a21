import { readFileSync } from 'node:fs';
import { coreSamples } from './core.ts';
import { networkSamples, storageSamples } from './network.ts';
import { podSamples } from './pods.ts';
import { policySamples } from './policies.ts';
import { of, type Sample, time } from './sample.ts';
import { autoscalerSamples, workloadSamples } from './workloads.ts';

/** The first object of that kind's recorded vectors that a stock server accepted and `wanted` takes. */
function recorded(resource: string, wanted: (sent: Record<string, unknown>) => boolean): Record<string, unknown> {
  const file = new URL(`../../../src/api/testdata/${resource}.json`, import.meta.url);
  const vectors = JSON.parse(readFileSync(file, 'utf8')) as {
    sent?: Record<string, unknown>;
    object?: unknown;
    old?: unknown;
  }[];
  const found = vectors.find(({ sent, object, old }) => object && old === undefined && sent && wanted(sent))?.sent;
  if (found === undefined) throw new Error(`no recorded ${resource}`);
  const { apiVersion: _apiVersion, kind: _kind, metadata: _metadata, ...body } = found;
  return body;
}

/** Valid objects of every kind of Kubernetes that can be created; together they hold every field that 1.33 has on by default. */
export const samples: readonly Sample[] = [
  ...podSamples,
  ...workloadSamples,
  ...coreSamples,
  ...networkSamples,
  ...storageSamples,
  ...autoscalerSamples,
  ...policySamples,
  of('', 'v1')(
    'secrets',
    'Secret',
    recorded('secrets', ({ type }) => type === 'kubernetes.io/tls'),
  ),
  of('certificates.k8s.io', 'v1')(
    'certificatesigningrequests',
    'CertificateSigningRequest',
    recorded('certificatesigningrequests.certificates.k8s.io', () => true),
    {
      status: {
        conditions: [
          { type: 'Failed', status: 'True', reason: 'r', message: 'm', lastUpdateTime: time, lastTransitionTime: time },
        ],
      },
    },
  ),
];
