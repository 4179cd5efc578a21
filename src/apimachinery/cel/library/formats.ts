import { formatCheck } from '../../structural/formats.ts';
import { dns1035Label, dns1123Label, dns1123Subdomain, labelValue, qualifiedName } from '../../validation/names.ts';
import { ArrayList } from '../collections.ts';
import { declare, type Library, method, overload } from '../declarations.ts';
import { parseRequestUrl, UrlProblem } from '../go-url.ts';
import { CelType, listOf, optionalOf, STRING } from '../type.ts';
import { type CelResult, type CelValue, noSuchOverload, OpaqueValue, Optional } from '../values.ts';

const FORMAT = new CelType('struct', 'kubernetes.NamedFormat');

class FormatValue extends OpaqueValue {
  override readonly celType = FORMAT;
  readonly name: string;
  readonly problems: (text: string) => readonly string[];
  private readonly patternSize: number;

  constructor(name: string, patternSize: number, problems: (text: string) => readonly string[]) {
    super();
    this.name = name;
    this.patternSize = patternSize;
    this.problems = problems;
  }

  override equals(other: CelValue): CelResult {
    return other instanceof FormatValue ? other.name === this.name : noSuchOverload;
  }

  override costSize(): number {
    return this.patternSize;
  }
}

/** A prefix may end in a dash, as what is generated goes behind it. */
function prefix(check: (text: string) => string[]): (text: string) => string[] {
  return (text) => check(text.endsWith('-') && text.length > 1 ? `${text.slice(0, -1)}a` : text);
}

function checked(format: string, message: string): (text: string) => string[] {
  return (text) => (formatCheck(format)?.(text) === true ? [] : [message]);
}

function uri(text: string): string[] {
  const url = parseRequestUrl(text);
  return url instanceof UrlProblem ? [url.message] : [];
}

const uuidPattern = 70;
const timePattern = 71;

const formats: Readonly<Record<string, FormatValue>> = {
  dns1123Label: new FormatValue('DNS1123Label', 30, dns1123Label),
  dns1123Subdomain: new FormatValue('DNS1123Subdomain', 60, dns1123Subdomain),
  dns1035Label: new FormatValue('DNS1035Label', 30, dns1035Label),
  qualifiedName: new FormatValue('QualifiedName', 60, qualifiedName),
  dns1123LabelPrefix: new FormatValue('DNS1123LabelPrefix', 30, prefix(dns1123Label)),
  dns1123SubdomainPrefix: new FormatValue('DNS1123SubdomainPrefix', 60, prefix(dns1123Subdomain)),
  dns1035LabelPrefix: new FormatValue('DNS1035LabelPrefix', 30, prefix(dns1035Label)),
  labelValue: new FormatValue('LabelValue', 40, labelValue),
  uri: new FormatValue('URI', 1103, uri),
  uuid: new FormatValue('uuid', uuidPattern, checked('uuid', 'does not match the UUID format')),
  byte: new FormatValue('byte', 84, checked('byte', 'invalid base64')),
  date: new FormatValue('date', timePattern, checked('date', 'invalid date')),
  datetime: new FormatValue('datetime', timePattern, checked('datetime', 'invalid datetime')),
};

function validate(format: CelValue, text: CelValue): CelResult {
  if (!(format instanceof FormatValue) || typeof text !== 'string') return noSuchOverload;
  const problems = format.problems(text);
  return problems.length === 0 ? Optional.none : Optional.of(new ArrayList(problems));
}

/** Named formats of texts, with what is wrong with a text. */
export const formatsLibrary: Library = {
  functions: [
    declare('validate', method('format-validate', [FORMAT, STRING], optionalOf(listOf(STRING)), validate)),
    declare(
      'format.named',
      overload('format-named', [STRING], optionalOf(FORMAT), (name) => {
        if (typeof name !== 'string') return noSuchOverload;
        const format = Object.hasOwn(formats, name) ? formats[name] : undefined;
        return format === undefined ? Optional.none : Optional.of(format);
      }),
    ),
    ...Object.entries(formats).map(([name, format]) =>
      declare(
        `format.${name}`,
        overload(`format.${name}`, [], FORMAT, () => format),
      ),
    ),
  ],
};
