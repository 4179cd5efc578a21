import type { KubeObject } from '../../../apimachinery/object.ts';
import { nameColumn, stringColumn } from '../../../apimachinery/table.ts';
import { builtinResource } from '../../builtin-resource.ts';

type ComponentStatus = KubeObject & {
  conditions?: { type?: string; status?: string; message?: string; error?: string }[];
};

/** The health of the parts of a control plane. Tenants see none of them: the list is empty. */
export const componentStatuses = builtinResource({
  group: '',
  version: 'v1',
  kind: 'ComponentStatus',
  resource: 'componentstatuses',
  shortNames: ['cs'],
  scope: 'Cluster',
  deprecationWarning: 'v1 ComponentStatus is deprecated in v1.19+',
  verbs: ['get', 'list'],
  table: {
    columns: [
      nameColumn,
      stringColumn('Status', 'Whether it is healthy.'),
      stringColumn('Message', 'What it says of itself.'),
      stringColumn('Error', 'Why it could not be asked.'),
    ],
    cells: (object) => {
      const healthy = (object as ComponentStatus).conditions?.find(({ type }) => type === 'Healthy');
      const status = healthy === undefined ? 'Unknown' : healthy.status === 'True' ? 'Healthy' : 'Unhealthy';
      return [object.metadata.name ?? '', status, healthy?.message ?? '', healthy?.error ?? ''];
    },
  },
  strategy: { generation: 'none' },
});
