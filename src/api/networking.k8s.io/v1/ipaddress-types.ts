import type { KubeObject } from '../../../apimachinery/object.ts';

/** Resource of IPAddresses as storage names it. */
export const ipAddressResource = 'ipaddresses.networking.k8s.io';

export type ParentReference = { group?: string; resource?: string; namespace?: string; name?: string };

export type IPAddress = KubeObject & { spec?: { parentRef?: ParentReference } };
