import { isHeadless, type Service } from '../../../api/core/v1/service-types.ts';
import { type FieldError, fieldError, goSyntax, invalid } from '../../../apimachinery/errors.ts';
import { goStringSlice } from '../../../apimachinery/go-syntax.ts';
import { ipFamily } from '../../../apimachinery/validation/ip.ts';

/**
 * Logical clusters have IPv4 addresses only. Refuses what asks for more, before anything is allotted, with stock's texts.
 * @throws 422
 */
export function checkFamilies(service: Service): void {
  const { ipFamilyPolicy, ipFamilies = [], clusterIPs = [], clusterIP, selector = {} } = service.spec ?? {};
  const path = 'spec.ipFamilyPolicy';
  const errors: FieldError[] = [];
  const fail = (): void => {
    if (errors.length > 0) throw invalid({ group: '', kind: 'Service' }, service.metadata.name ?? '', errors);
  };
  // More than one address in a service of one stack is refused together with the address that cannot be.
  if (ipFamilyPolicy === 'SingleStack' && (clusterIPs.length === 2 || ipFamilies.length === 2)) {
    const needed = "must be 'RequireDualStack' or 'PreferDualStack' when multiple";
    if (clusterIPs.length === 2) {
      errors.push(fieldError.invalid(path, ipFamilyPolicy, `${needed} cluster IPs are specified`));
    } else errors.push(fieldError.invalid(path, ipFamilyPolicy, `${needed} IP families are specified`));
  }
  clusterIPs.forEach((ip, index) => {
    if (ipFamily(ip) !== 'IPv6') return;
    const shown = goSyntax(goStringSlice(clusterIPs));
    errors.push(fieldError.invalid(`spec.clusterIPs[${index}]`, shown, 'IPv6 is not configured on this cluster'));
  });
  fail();
  // Endpoints of a headless service without a selector come from somebody who may know both families.
  const isOpen = (clusterIP === 'None' || isHeadless(service.spec ?? {})) && Object.keys(selector).length === 0;
  if (isOpen) return;
  if (ipFamilyPolicy === 'RequireDualStack') {
    errors.push(fieldError.invalid(path, ipFamilyPolicy, 'this cluster is not configured for dual-stack services'));
  }
  ipFamilies.forEach((family, index) => {
    if (family !== 'IPv6') return;
    errors.push(fieldError.invalid(`spec.ipFamilies[${index}]`, family, 'not configured on this cluster'));
  });
  fail();
}
