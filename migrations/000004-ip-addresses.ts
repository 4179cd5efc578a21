import type { Knex } from 'knex';

/** The addresses that Services have become IPAddresses, which clients can see. Those that have an IPAddress already, made by somebody, keep that one. */
const addresses = `
insert into resources (name) values ('ipaddresses.networking.k8s.io') on conflict (name) do nothing;

update objects as address
set
  resource_id = visible.id,
  body = (
    '{"kind":"IPAddress","apiVersion":"networking.k8s.io/v1","metadata":{"name":' || to_json(address.name)::text
    || ',"uid":' || (address.body #> '{metadata,uid}')::text
    || ',"creationTimestamp":' || (address.body #> '{metadata,creationTimestamp}')::text
    || ',"labels":{"ipaddress.kubernetes.io/ip-family":"IPv4","ipaddress.kubernetes.io/managed-by":"ipallocator.k8s.io"}}'
    || ',"spec":{"parentRef":{"resource":"services","namespace":' || (address.body #> '{spec,namespace}')::text
    || ',"name":' || (address.body #> '{spec,name}')::text || '}}}'
  )::json
from resources as internal, resources as visible
where internal.name = 'serviceips.internal.atoll.dev'
  and visible.name = 'ipaddresses.networking.k8s.io'
  and address.resource_id = internal.id
  and not exists (
    select from objects as other
    where other.cluster_id = address.cluster_id and other.resource_id = visible.id and other.namespace = '' and other.name = address.name
  );

delete from objects where resource_id = (select id from resources where name = 'serviceips.internal.atoll.dev');
`;

export async function up(knex: Knex): Promise<void> {
  await knex.schema.raw(addresses);
}

export function down(): Promise<void> {
  return Promise.reject(new Error('migrations go forward only; restore a backup to go back'));
}
