import type { ResourceDefinition } from '../../resource-definition.ts';
import { accessExplanations } from './accessexplanations.ts';
import { issuedCertificates } from './issuedcertificates.ts';

/** The kinds of access.atoll.dev, by name. */
export const accessDefinitions: readonly ResourceDefinition[] = [accessExplanations, issuedCertificates];
