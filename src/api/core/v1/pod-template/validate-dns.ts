import { type FieldError, fieldError, goSyntax } from '../../../../apimachinery/errors.ts';
import { goStringSlice } from '../../../../apimachinery/go-syntax.ts';
import { ipAddress } from '../../../../apimachinery/validation/ip.ts';
import { longerThan, maxLengthMessage, regexMessage } from '../../../../apimachinery/validation/names.ts';
import { invalidEach } from '../../../field-path.ts';
import type { PodSpec } from './types.ts';

const maxNameservers = 3;
const maxSearches = 32;
const maxSearchBytes = 2048;
const searchPattern = /^[a-z0-9_](?:[-a-z0-9_]*[a-z0-9_])?(?:\.[a-z0-9_](?:[-a-z0-9_]*[a-z0-9_])?)*$/;
const searchRule =
  "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '_', '-' or '.', and must start and end with an alphanumeric character";
const subdomainFormat = '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*';

/** A search domain is a DNS subdomain in which underscores are fine. */
function searchDomain(value: string): string[] {
  const messages: string[] = [];
  if (longerThan(value, 253)) messages.push(maxLengthMessage(253));
  if (!searchPattern.test(value)) messages.push(regexMessage(searchRule, subdomainFormat, 'example.com'));
  return messages;
}

/** Errors of a pod's own DNS settings. */
export function validateDnsConfig(spec: PodSpec, path: string, errors: FieldError[]): void {
  const { dnsConfig: config, dnsPolicy } = spec;
  if (dnsPolicy === 'None') {
    if (config === undefined) {
      errors.push(fieldError.required(path, 'must provide `dnsConfig` when `dnsPolicy` is None'));
      return;
    }
    if ((config.nameservers ?? []).length === 0) {
      const message = 'must provide at least one DNS nameserver when `dnsPolicy` is None';
      errors.push(fieldError.required(`${path}.nameservers`, message));
      return;
    }
  }
  if (config === undefined) return;
  const { nameservers = [], searches = [], options = [] } = config;
  const tooMany = (field: string, values: string[], message: string): void => {
    errors.push(fieldError.invalid(`${path}.${field}`, goSyntax(goStringSlice(values)), message));
  };
  if (nameservers.length > maxNameservers) {
    tooMany('nameservers', nameservers, `must not have more than ${maxNameservers} nameservers`);
  }
  nameservers.forEach((server, index) => {
    invalidEach(`${path}.nameservers[${index}]`, server, ipAddress(server), errors);
  });
  if (searches.length > maxSearches) {
    tooMany('searches', searches, `must not have more than ${maxSearches} search paths`);
  }
  if (longerThan(searches.join(' '), maxSearchBytes)) {
    const message = `must not have more than ${maxSearchBytes} characters (including spaces) in the search list`;
    tooMany('searches', searches, message);
  }
  searches.forEach((search, index) => {
    if (search === '.') return;
    const domain = search.endsWith('.') ? search.slice(0, -1) : search;
    invalidEach(`${path}.searches[${index}]`, domain, searchDomain(domain), errors);
  });
  options.forEach(({ name = '' }, index) => {
    if (name === '') errors.push(fieldError.required(`${path}.options[${index}]`, 'must not be empty'));
  });
}
