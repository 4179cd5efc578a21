/** A project whose definitions clusters are full of, by where its repository keeps them. */
export type Bundle = {
  readonly name: string;
  /** owner/name on GitHub. */
  readonly repository: string;
  /** Folders or files with CustomResourceDefinitions. */
  readonly definitions: readonly string[];
  /** Folders or files with objects of these kinds. */
  readonly samples: readonly string[];
};

export const bundles: readonly Bundle[] = [
  {
    name: 'cert-manager',
    repository: 'cert-manager/cert-manager',
    definitions: ['deploy/crds'],
    samples: ['test/integration/validation/files', 'test/fixtures', 'make/config/samplewebhook'],
  },
  {
    name: 'Argo CD',
    repository: 'argoproj/argo-cd',
    definitions: ['manifests/crds'],
    samples: ['applicationset/examples', 'examples'],
  },
  {
    name: 'Argo Workflows',
    repository: 'argoproj/argo-workflows',
    definitions: ['manifests/base/crds/full'],
    samples: ['examples'],
  },
  {
    name: 'Gateway API',
    repository: 'kubernetes-sigs/gateway-api',
    definitions: ['config/crd/experimental'],
    samples: ['examples/standard', 'examples/experimental'],
  },
  {
    name: 'prometheus-operator',
    repository: 'prometheus-operator/prometheus-operator',
    definitions: ['example/prometheus-operator-crd-full'],
    samples: ['example/user-guides', 'example/thanos'],
  },
  {
    name: 'Istio',
    repository: 'istio/api',
    definitions: ['kubernetes/customresourcedefinitions.gen.yaml'],
    samples: ['tests/testdata'],
  },
  {
    name: 'Knative Serving',
    repository: 'knative/serving',
    definitions: ['config/core/300-resources', 'config/core/300-imagecache.yaml'],
    samples: ['test/test_images', 'test/performance/benchmarks'],
  },
  {
    name: 'Crossplane',
    repository: 'crossplane/crossplane',
    definitions: ['cluster/crds'],
    samples: ['test/e2e/manifests/apiextensions/composition', 'test/e2e/manifests/pkg'],
  },
  {
    name: 'Flux source-controller',
    repository: 'fluxcd/source-controller',
    definitions: ['config/crd/bases'],
    samples: ['config/samples'],
  },
  {
    name: 'Flux kustomize-controller',
    repository: 'fluxcd/kustomize-controller',
    definitions: ['config/crd/bases'],
    samples: ['config/samples'],
  },
  {
    name: 'Flux helm-controller',
    repository: 'fluxcd/helm-controller',
    definitions: ['config/crd/bases'],
    samples: ['config/samples'],
  },
  { name: 'KEDA', repository: 'kedacore/keda', definitions: ['config/crd/bases'], samples: ['config/samples'] },
  {
    name: 'Kyverno',
    repository: 'kyverno/kyverno',
    definitions: ['config/crds/kyverno', 'config/crds/policies.kyverno.io'],
    samples: ['test/best_practices', 'test/more', 'test/policy/validate'],
  },
  {
    name: 'Velero',
    repository: 'vmware-tanzu/velero',
    definitions: ['config/crd/v1/bases', 'config/crd/v2alpha1/bases'],
    samples: ['design/CLI/PoC/base', 'tilt-resources/examples'],
  },
  {
    name: 'Tekton Pipelines',
    repository: 'tektoncd/pipeline',
    definitions: ['config/300-crds'],
    samples: ['examples/v1/taskruns', 'examples/v1/pipelineruns'],
  },
  {
    name: 'Cluster API',
    repository: 'kubernetes-sigs/cluster-api',
    definitions: ['core/config/crd/bases'],
    samples: ['test/infrastructure/docker/examples'],
  },
  {
    name: 'External Secrets',
    repository: 'external-secrets/external-secrets',
    definitions: ['config/crds/bases'],
    samples: ['docs/snippets'],
  },
  {
    name: 'Kueue',
    repository: 'kubernetes-sigs/kueue',
    definitions: ['config/components/crd/bases'],
    samples: ['site/static/examples/admin', 'examples'],
  },
];
