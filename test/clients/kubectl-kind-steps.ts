import type { Step } from './kubectl-steps.ts';

const widgets = (extra = ''): string => `
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: widgets.NAMESPACE.example.com}
spec:
  group: NAMESPACE.example.com
  scope: Namespaced
  names: {plural: widgets, singular: widget, kind: Widget, shortNames: [wg], categories: [things]}
  versions:
    - name: v1
      served: true
      storage: true
      subresources: {status: {}, scale: {specReplicasPath: .spec.size, statusReplicasPath: .status.size}}
      additionalPrinterColumns:
        - {name: Size, type: integer, jsonPath: .spec.size, description: How large it is.}
        - {name: Color, type: string, jsonPath: .spec.color, priority: 1}
        - {name: Age, type: date, jsonPath: .metadata.creationTimestamp}
      schema:
        openAPIV3Schema:
          type: object
          description: A thing with a size.
          required: [spec]
          properties:
            spec:
              type: object
              description: What is wanted.
              required: [size]
              properties:
                size: {type: integer, minimum: 0, maximum: 10, description: How large it is to be.}
                color: {type: string, enum: [red, blue], default: red}
                parts:
                  type: array
                  x-kubernetes-list-type: map
                  x-kubernetes-list-map-keys: [name]
                  items: {type: object, required: [name], properties: {name: {type: string}, count: {type: integer}}}
            status: {type: object, properties: {size: {type: integer}, phase: {type: string}}}
${extra}`;

const widget = (name: string, spec: string): string => `
apiVersion: NAMESPACE.example.com/v1
kind: Widget
metadata: {name: ${name}, labels: {made: here}}
spec: ${spec}
`;

const node = (name: string): string => `
apiVersion: v1
kind: Node
metadata: {name: ${name}, labels: {role: worker}}
spec: {podCIDR: 10.1.2.0/24}
`;

/** A request for a client certificate, made once with openssl. */
const request =
  'LS0tLS1CRUdJTiBDRVJUSUZJQ0FURSBSRVFVRVNULS0tLS0KTUlIWk1JR0FBZ0VBTUI0eERUQUxCZ05WQkFNTUJHcGhibVV4RFRBTEJnTlZCQW9NQkdSbGRuTXdXVEFUQmdjcQpoa2pPUFFJQkJnZ3Foa2pPUFFNQkJ3TkNBQVF1bS9mdjNwSEF1Y0d1SndJSjlVTG05a1NRYzZtdFBMeVFjdTRrClo4eVhGWGlmZEdLTmh0RWNCN1VDMU5XYUVXRVBFeTMrYkNYdVMrb2lXYUkxS20yd29BQXdDZ1lJS29aSXpqMEUKQXdJRFNBQXdSUUlnWnBIWWp1dFdsYmVldDkvZjBFQklEWm1nQjVqNk1qenJnbWx3UzYxenVRQUNJUUNhSkZacAprbFpiOHFTbjlTbkpvMEdEYkZJOFRONUc3M21hb1hsSlpacEk4Zz09Ci0tLS0tRU5EIENFUlRJRklDQVRFIFJFUVVFU1QtLS0tLQo=';

const signing = (name: string, signer: string, more = ''): string => `
apiVersion: certificates.k8s.io/v1
kind: CertificateSigningRequest
metadata: {name: ${name}}
spec: {request: ${request}, signerName: ${signer}, usages: [client auth]${more}}
`;

/** As `groups` of kubectl-steps.ts: custom resources, nodes that are data only, certificates, and what comes from several files. */
export const kindGroups: Readonly<Record<string, readonly Step[]>> = {
  custom: [
    { run: 'apply -f -', input: widgets() },
    'wait --for=condition=Established crd/widgets.NAMESPACE.example.com --timeout=20s',
    'get crd widgets.NAMESPACE.example.com',
    { run: 'apply -f -', input: widgets() },
    { run: 'apply --server-side --force-conflicts -f -', input: widgets() },
    { run: 'apply -f -', input: widget('one', '{size: 3}') },
    { run: 'apply -f -', input: widget('one', '{size: 4}') },
    { run: 'apply -f -', input: widget('one', '{size: 4}') },
    { run: 'diff -f -', input: widget('one', '{size: 5}') },
    { run: 'apply -f - --dry-run=server -o yaml', input: widget('two', '{size: 1, color: blue}') },
    { run: 'apply -f -', input: widget('bad', '{size: 11, color: green}') },
    { run: 'apply -f -', input: widget('bad', '{size: large}') },
    { run: 'apply -f -', input: widget('bad', '{}') },
    { run: 'apply -f -', input: widget('bad', '{size: 1, unknown: 2}') },
    { run: 'apply -f - --validate=ignore', input: widget('loose', '{size: 1, unknown: 2}') },
    { run: 'create -f -', input: widget('three', '{size: 1, parts: [{name: a, count: 1}, {name: b}]}') },
    { run: 'create -f -', input: widget('twice', '{size: 1, parts: [{name: a}, {name: a}]}') },
    { run: 'apply --server-side -f -', input: widget('three', '{size: 1, parts: [{name: c}]}') },
    { run: 'apply --server-side -f -', input: widget('three', '{size: 2}') },
    'get widgets',
    'get wg -o wide',
    'get things',
    'get widgets.v1.NAMESPACE.example.com one -o yaml',
    'get widget three -o yaml --show-managed-fields',
    'get widgets -l made=here -o name',
    'get widgets --field-selector metadata.name=one',
    'get widgets --field-selector spec.size=1',
    'describe widget one',
    'explain widgets',
    'explain widget.spec --recursive',
    'explain widget.spec.parts.name',
    'explain widget.none',
    'patch widget one -p {"spec":{"size":2}}',
    'patch widget one --type=merge -p {"spec":{"size":2}}',
    'patch widget one --type=merge -p {"spec":{"size":20}}',
    'patch widget one --type=json -p [{"op":"add","path":"/spec/parts","value":[{"name":"x"}]}]',
    'patch widget one --subresource=status --type=merge -p {"status":{"phase":"Ready","size":2},"spec":{"size":9}}',
    'get widget one --subresource=status -o yaml',
    'get widget one --subresource=scale',
    'scale widget one --replicas=7',
    'scale widget one --replicas=70',
    'label widget one a=b',
    'annotate widget one a=b',
    { run: 'edit widget one', editor: 'sed -i s/red/blue/' },
    { run: 'edit widget one', editor: 'sed -i s/blue/pink/' },
    { run: 'replace -f -', input: widget('one', '{size: 1}') },
    'wait --for=jsonpath={.status.phase}=Ready widget/one --timeout=5s',
    'autoscale widget one --max=3',
    'api-resources --api-group=NAMESPACE.example.com',
    'auth can-i get widgets',
    'auth can-i get widgets --as=jane',
    'delete widget three',
    'delete widgets -l made=here',
    'delete crd widgets.NAMESPACE.example.com',
    'get widgets.NAMESPACE.example.com',
  ],
  nodes: [
    { run: 'create -f -', input: node('NAMESPACE-1') },
    'get nodes NAMESPACE-1',
    'get nodes NAMESPACE-1 -o wide',
    'get node NAMESPACE-1 -o yaml',
    'describe node NAMESPACE-1',
    'cordon NAMESPACE-1',
    'cordon NAMESPACE-1',
    'get node NAMESPACE-1',
    'uncordon NAMESPACE-1',
    'taint node NAMESPACE-1 a=b:NoSchedule',
    'taint node NAMESPACE-1 a=c:NoSchedule',
    'taint node NAMESPACE-1 a=c:NoSchedule --overwrite',
    'taint node NAMESPACE-1 a:NoSchedule-',
    'taint node NAMESPACE-1 a=b:Sometimes',
    'label node NAMESPACE-1 disk=ssd',
    'drain NAMESPACE-1 --timeout=5s',
    'patch node NAMESPACE-1 -p {"spec":{"podCIDR":"10.1.3.0/24"}}',
    'get node NAMESPACE-1 -o jsonpath={.spec.taints}',
    'delete node NAMESPACE-1',
  ],
  certificates: [
    { run: 'create -f -', input: signing('NAMESPACE-a', 'example.com/own') },
    { run: 'create -f -', input: signing('NAMESPACE-b', 'example.com/own', ', expirationSeconds: 600') },
    { run: 'create -f -', input: signing('NAMESPACE-c', 'no-domain') },
    { run: 'create -f -', input: signing('NAMESPACE-d', 'example.com/own').replace(/request: \S+,/, 'request: YQ==,') },
    'get csr NAMESPACE-a NAMESPACE-b',
    'get csr NAMESPACE-a -o yaml',
    'describe csr NAMESPACE-a',
    'certificate approve NAMESPACE-a',
    'certificate approve NAMESPACE-a',
    'certificate deny NAMESPACE-a',
    'certificate deny NAMESPACE-b',
    'get csr NAMESPACE-a NAMESPACE-b',
    'get csr NAMESPACE-b -o jsonpath={.status.conditions[*].type}',
    'certificate approve NAMESPACE-none',
    'patch csr NAMESPACE-a --type=merge -p {"spec":{"signerName":"example.com/other"}}',
    'delete csr NAMESPACE-a NAMESPACE-b',
  ],
};
