import { mutatingAdmissionPolicies } from './admissionregistration.k8s.io/v1alpha1/mutatingadmissionpolicies.ts';
import { mutatingAdmissionPolicyBindings } from './admissionregistration.k8s.io/v1alpha1/mutatingadmissionpolicybindings.ts';
import type { ResourceDefinition } from './resource-definition.ts';

/** Resources that are served only where a feature is on. */
const definitionsByFeature = {
  MutatingAdmissionPolicy: [mutatingAdmissionPolicies, mutatingAdmissionPolicyBindings],
} as const satisfies Record<string, readonly ResourceDefinition[]>;

/** The resources that the features that are on bring. */
export function gatedDefinitions(
  features: Readonly<Record<keyof typeof definitionsByFeature, boolean>>,
): readonly ResourceDefinition[] {
  return Object.entries(definitionsByFeature).flatMap(([feature, definitions]) =>
    features[feature as keyof typeof definitionsByFeature] ? definitions : [],
  );
}
