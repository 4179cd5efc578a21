import type { KubeObject } from '../../../apimachinery/object.ts';
import { ageCell, ageColumn, nameColumn, stringColumn } from '../../../apimachinery/table.ts';
import { defineResource } from '../../define-resource.ts';
import { structSchema, type } from '../../own-types.ts';
import { missingFields } from '../../required-fields.ts';
import { accessGroup, accessVersion } from './group.ts';

export const issuedCertificatesResource = `issuedcertificates.${accessGroup}`;

/** A certificate of this logical cluster's authority, called by its SHA-256. It is good for as long as this object is there: deleting it revokes. */
export type IssuedCertificate = KubeObject & {
  spec: {
    user: string;
    groups?: string[];
    signerName: string;
    /** The CertificateSigningRequest that asked for it, and who did. */
    request: string;
    requestor?: string;
    notAfter: string;
  };
};

const fields = {
  spec: {
    schema: type.struct({
      user: { schema: type.string, required: true },
      groups: type.list(type.string),
      signerName: { schema: type.string, required: true },
      request: { schema: type.string, required: true },
      requestor: type.string,
      notAfter: { schema: type.time, required: true },
    }),
    required: true,
  },
} as const;

const schema = structSchema({ gvk: { group: accessGroup, version: accessVersion, kind: 'IssuedCertificate' }, fields });

export const issuedCertificates = defineResource({
  group: accessGroup,
  version: accessVersion,
  kind: 'IssuedCertificate',
  resource: 'issuedcertificates',
  scope: 'Cluster',
  categories: ['atoll'],
  verbs: ['create', 'delete', 'deletecollection', 'get', 'list', 'watch'],
  fields,
  table: {
    columns: [
      nameColumn,
      stringColumn('User', 'Whom it names.'),
      stringColumn('Groups', 'Of which groups.'),
      stringColumn('Request', 'The CertificateSigningRequest.'),
      stringColumn('Signer', 'What it is for.', 1),
      stringColumn('Expires', 'Until when it is good.'),
      ageColumn,
    ],
    cells: (object, now) => {
      const { spec } = object as IssuedCertificate;
      return [
        object.metadata.name ?? '',
        spec.user,
        (spec.groups ?? []).join(','),
        spec.request,
        spec.signerName,
        spec.notAfter,
        ageCell(object, now),
      ];
    },
  },
  strategy: { generation: 'none', validate: (object) => missingFields(object, schema) },
});
