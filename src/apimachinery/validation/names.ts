/**
 * Rules for names, labels and keys with the messages of k8s.io/apimachinery/pkg/util/validation: every check gives a list of messages, empty
 * when the value is fine.
 */

const none: string[] = [];

const qualifiedNameFormat = '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]';
const qualifiedNameRule =
  "must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character";
const labelValueFormat = `(${qualifiedNameFormat})?`;
const dns1123LabelFormat = '[a-z0-9]([-a-z0-9]*[a-z0-9])?';
const dns1123SubdomainFormat = `${dns1123LabelFormat}(\\.${dns1123LabelFormat})*`;
const dns1035LabelFormat = '[a-z]([-a-z0-9]*[a-z0-9])?';
const wildcardSubdomainFormat = `\\*\\.${dns1123SubdomainFormat}`;
const cIdentifierFormat = '[A-Za-z_][A-Za-z0-9_]*';
const configMapKeyFormat = '[-._a-zA-Z0-9]+';
const envVarNameFormat = '[-._a-zA-Z][-._a-zA-Z0-9]*';
const percentFormat = '[0-9]+%';
const httpHeaderNameFormat = '[-A-Za-z0-9]+';

const qualifiedNamePattern = whole(qualifiedNameFormat);
const labelValuePattern = whole(labelValueFormat);
const dns1123LabelPattern = whole(dns1123LabelFormat);
const dns1123SubdomainPattern = whole(dns1123SubdomainFormat);
const dns1035LabelPattern = whole(dns1035LabelFormat);
const cIdentifierPattern = whole(cIdentifierFormat);
const configMapKeyPattern = whole(configMapKeyFormat);
const envVarNamePattern = whole(envVarNameFormat);
const percentPattern = whole(percentFormat);
const httpHeaderNamePattern = whole(httpHeaderNameFormat);

function whole(format: string): RegExp {
  return new RegExp(`^(?:${format})$`);
}

/** `must be no more than N characters`. */
export function maxLengthMessage(length: number): string {
  return `must be no more than ${length} characters`;
}

/** `must be between LO and HI, inclusive`. */
export function inclusiveRangeMessage(low: number, high: number): string {
  return `must be between ${low} and ${high}, inclusive`;
}

/** The rule, examples and the pattern, as upstream words a failed regular expression. */
export function regexMessage(rule: string, format: string, ...examples: string[]): string {
  if (examples.length === 0) return `${rule} (regex used for validation is '${format}')`;
  const list = examples.map((example) => `'${example}', `).join(' or ');
  return `${rule} (e.g. ${list}regex used for validation is '${format}')`;
}

/** Whether a string takes more than `limit` bytes of UTF-8 (upstream counts bytes). */
export function longerThan(value: string, limit: number): boolean {
  if (value.length > limit) return true;
  return value.length * 3 > limit && Buffer.byteLength(value) > limit;
}

function isSubdomain(value: string): boolean {
  return dns1123SubdomainPattern.test(value);
}

function subdomainMessages(value: string): string[] | undefined {
  const tooLong = longerThan(value, 253);
  const malformed = !isSubdomain(value);
  if (!tooLong && !malformed) return undefined;
  const messages: string[] = [];
  if (tooLong) messages.push(maxLengthMessage(253));
  if (malformed) {
    messages.push(
      regexMessage(
        "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character",
        dns1123SubdomainFormat,
        'example.com',
      ),
    );
  }
  return messages;
}

/** A DNS-1123 subdomain: most object names. */
export function dns1123Subdomain(value: string): string[] {
  return subdomainMessages(value) ?? none;
}

/** A DNS-1123 label: namespaces, and names that become one DNS label. */
export function dns1123Label(value: string): string[] {
  const messages: string[] = [];
  if (longerThan(value, 63)) messages.push(maxLengthMessage(63));
  if (!dns1123LabelPattern.test(value)) {
    messages.push(
      isSubdomain(value)
        ? 'must not contain dots'
        : regexMessage(
            "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character",
            dns1123LabelFormat,
            'my-name',
            '123-abc',
          ),
    );
  }
  return messages;
}

/** A DNS-1035 label: services, ports, CRD singular names. */
export function dns1035Label(value: string): string[] {
  const messages: string[] = [];
  if (longerThan(value, 63)) messages.push(maxLengthMessage(63));
  if (!dns1035LabelPattern.test(value)) {
    messages.push(
      regexMessage(
        "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic character, and end with an alphanumeric character",
        dns1035LabelFormat,
        'my-name',
        'abc-123',
      ),
    );
  }
  return messages;
}

/** `*.example.com`. */
export function wildcardDns1123Subdomain(value: string): string[] {
  const messages: string[] = [];
  if (longerThan(value, 253)) messages.push(maxLengthMessage(253));
  if (!value.startsWith('*.') || !isSubdomain(value.slice(2))) {
    messages.push(
      regexMessage(
        "a wildcard DNS-1123 subdomain must start with '*.', followed by a valid DNS subdomain, which must consist of lower case alphanumeric characters, '-' or '.' and end with an alphanumeric character",
        wildcardSubdomainFormat,
        '*.example.com',
      ),
    );
  }
  return messages;
}

/** `[prefix/]name`: label keys, annotation keys, finalizers. */
export function qualifiedName(value: string): string[] {
  const parts = value.split('/', 3);
  const messages: string[] = [];
  let name = value;
  if (parts.length === 2) {
    const prefix = parts[0] ?? '';
    name = parts[1] ?? '';
    if (prefix === '') messages.push('prefix part must be non-empty');
    else for (const message of dns1123Subdomain(prefix)) messages.push(`prefix part ${message}`);
  } else if (parts.length > 2) {
    return [
      `a qualified name ${regexMessage(qualifiedNameRule, qualifiedNameFormat, 'MyName', 'my.name', '123-abc')} with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')`,
    ];
  }
  if (name === '') messages.push('name part must be non-empty');
  else if (longerThan(name, 63)) messages.push(`name part ${maxLengthMessage(63)}`);
  if (!qualifiedNamePattern.test(name)) {
    messages.push(`name part ${regexMessage(qualifiedNameRule, qualifiedNameFormat, 'MyName', 'my.name', '123-abc')}`);
  }
  return messages;
}

/** A label value. */
export function labelValue(value: string): string[] {
  const messages: string[] = [];
  if (longerThan(value, 63)) messages.push(maxLengthMessage(63));
  if (!labelValuePattern.test(value)) {
    messages.push(
      regexMessage(
        "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character",
        labelValueFormat,
        'MyValue',
        'my_value',
        '12345',
      ),
    );
  }
  return messages;
}

function pathPrefixMessages(value: string): string[] {
  if (value === '.') return ["must not be '.'"];
  if (value === '..') return ["must not be '..'"];
  return value.startsWith('..') ? ["must not start with '..'"] : none;
}

/** A key of ConfigMap and Secret data. */
export function configMapKey(value: string): string[] {
  const messages: string[] = [];
  if (longerThan(value, 253)) messages.push(maxLengthMessage(253));
  if (!configMapKeyPattern.test(value)) {
    messages.push(
      regexMessage(
        "a valid config key must consist of alphanumeric characters, '-', '_' or '.'",
        configMapKeyFormat,
        'key.name',
        'KEY_NAME',
        'key-name',
      ),
    );
  }
  messages.push(...pathPrefixMessages(value));
  return messages;
}

export function cIdentifier(value: string): string[] {
  if (cIdentifierPattern.test(value)) return none;
  return [
    regexMessage(
      "a valid C identifier must start with alphabetic character or '_', followed by a string of alphanumeric characters or '_'",
      cIdentifierFormat,
      'my_name',
      'MY_NAME',
      'MyName',
    ),
  ];
}

/** A container port's or service port's name (IANA service name). */
export function portName(value: string): string[] {
  const messages: string[] = [];
  if (longerThan(value, 15)) messages.push(maxLengthMessage(15));
  if (!/^[-a-z0-9]+$/.test(value)) {
    messages.push('must contain only alpha-numeric characters (a-z, 0-9), and hyphens (-)');
  }
  if (!/[a-z]/.test(value)) messages.push('must contain at least one letter (a-z)');
  if (value.includes('--')) messages.push('must not contain consecutive hyphens');
  if (value.startsWith('-') || value.endsWith('-')) messages.push('must not begin or end with a hyphen');
  return messages;
}

export function portNumber(value: number): string[] {
  return value >= 1 && value <= 65535 ? none : [inclusiveRangeMessage(1, 65535)];
}

/** Environment variable names before RelaxedEnvironmentVariableValidation. */
export function envVarName(value: string): string[] {
  const messages: string[] = [];
  if (!envVarNamePattern.test(value)) {
    messages.push(
      regexMessage(
        "a valid environment variable name must consist of alphabetic characters, digits, '_', '-', or '.', and must not start with a digit",
        envVarNameFormat,
        'my.env-name',
        'MY_ENV.NAME',
        'MyEnvName1',
      ),
    );
  }
  messages.push(...pathPrefixMessages(value));
  return messages;
}

/** Environment variable names as 1.33 accepts them: printable ASCII without `=`. */
export function relaxedEnvVarName(value: string): string[] {
  const messages: string[] = [];
  if (value === '') messages.push('environment variable name must be non-empty');
  if (!/^[\x20-\x3c\x3e-\x7e]*$/.test(value)) {
    messages.push("a valid environment variable name must consist only of printable ASCII characters other than '='");
  }
  return messages;
}

export function percent(value: string): string[] {
  if (percentPattern.test(value)) return none;
  return [
    regexMessage(
      "a valid percent string must be a numeric string followed by an ending '%'",
      percentFormat,
      '1%',
      '93%',
    ),
  ];
}

export function httpHeaderName(value: string): string[] {
  if (httpHeaderNamePattern.test(value)) return none;
  return [
    regexMessage(
      "a valid HTTP header must consist of alphanumeric characters or '-'",
      httpHeaderNameFormat,
      'X-Header-Name',
    ),
  ];
}

/** A name of an RBAC role or binding, or anything that is one segment of a URL path (k8s path.IsValidPathSegmentName). */
export function pathSegmentName(value: string): string[] {
  if (value === '.' || value === '..') return [`may not be '${value}'`];
  const found: string[] = [];
  for (const forbidden of ['/', '%']) if (value.includes(forbidden)) found.push(`may not contain '${forbidden}'`);
  return found;
}

/** The same for a prefix that the server will complete. */
export function pathSegmentPrefix(value: string): string[] {
  const found: string[] = [];
  for (const forbidden of ['/', '%']) if (value.includes(forbidden)) found.push(`may not contain '${forbidden}'`);
  return found;
}

/** generateName may end in a dash: the rule is checked as if the dash were completed. */
export function maskTrailingDash(name: string): string {
  return name.length > 1 && name.endsWith('-') ? `${name.slice(0, -2)}a` : name;
}

/** Name rules for `Strategy.validateName`: (name, isPrefix) → messages. */
export function nameIsDns1123Subdomain(name: string, prefix: boolean): string[] {
  return dns1123Subdomain(prefix ? maskTrailingDash(name) : name);
}

export function nameIsDns1123Label(name: string, prefix: boolean): string[] {
  return dns1123Label(prefix ? maskTrailingDash(name) : name);
}

export function nameIsDns1035Label(name: string, prefix: boolean): string[] {
  return dns1035Label(prefix ? maskTrailingDash(name) : name);
}

export function nameIsPathSegment(name: string, prefix: boolean): string[] {
  return prefix ? pathSegmentPrefix(name) : pathSegmentName(name);
}
