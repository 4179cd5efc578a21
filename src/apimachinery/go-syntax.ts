import { formatQuantity, parseQuantity } from './quantity.ts';

/**
 * Values as Go's `%#v` prints them: some messages of stock servers contain them, and clients compare messages. Strings are quoted as Go quotes them.
 */
export function goString(value: string): string {
  // Most strings hold nothing that has to be escaped.
  if (/^[ !#-[\]-~]*$/.test(value)) return `"${value}"`;
  return `"${value.toWellFormed().replace(/["\\]|[^\p{L}\p{M}\p{N}\p{P}\p{S} ]/gu, escapeRune)}"`;
}

const shortEscapes: Readonly<Record<string, string>> = {
  '"': '\\"',
  '\\': '\\\\',
  '\u0007': '\\a',
  '\b': '\\b',
  '\f': '\\f',
  '\n': '\\n',
  '\r': '\\r',
  '\t': '\\t',
  '\v': '\\v',
};

function escapeRune(rune: string): string {
  const short = shortEscapes[rune];
  if (short !== undefined) return short;
  const code = rune.codePointAt(0) ?? 0;
  const hex = (digits: number): string => code.toString(16).padStart(digits, '0');
  if (code < 0x20 || code === 0x7f) return `\\x${hex(2)}`;
  return code > 0xffff ? `\\U${hex(8)}` : `\\u${hex(4)}`;
}

/** `[]string{"a", "b"}`; `[]string(nil)` when there is none. */
export function goStringSlice(values: readonly string[] | undefined): string {
  return values === undefined ? '[]string(nil)' : `[]string{${values.map(goString).join(', ')}}`;
}

/** A metav1.Time or MicroTime: `2024-01-02 03:04:05.000006 +0000 UTC`; the year 1 when it is not set. */
export function goTime(time: string | null | undefined): string {
  if (time === undefined || time === null || time === '') return '0001-01-01 00:00:00 +0000 UTC';
  const fraction = /\.(\d*?)0*Z$/.exec(time)?.[1] ?? '';
  return `${time.slice(0, 10)} ${time.slice(11, 19)}${fraction === '' ? '' : `.${fraction}`} +0000 UTC`;
}

/** `[]apps.Kind{"a", "b"}`: a list whose items have a type of their own. */
export function goTypedSlice(type: string, values: readonly string[]): string {
  return `[]${type}{${values.map(goString).join(', ')}}`;
}

/** `map[string]string{"a":"b"}` with sorted keys; `map[string]string(nil)` when there is none. */
export function goStringMap(values: Readonly<Record<string, string>> | undefined): string {
  if (values === undefined) return 'map[string]string(nil)';
  const entries = Object.keys(values)
    .sort()
    .map((key) => `${goString(key)}:${goString(values[key] ?? '')}`);
  return `map[string]string{${entries.join(', ')}}`;
}

/** `intstr.IntOrString{Type:1, IntVal:0, StrVal:"25%"}`. */
export function goIntOrString(value: number | string): string {
  return typeof value === 'string'
    ? `intstr.IntOrString{Type:1, IntVal:0, StrVal:${goString(value)}}`
    : `intstr.IntOrString{Type:0, IntVal:${value}, StrVal:""}`;
}

type Selector = {
  matchLabels?: Readonly<Record<string, string>>;
  matchExpressions?: readonly { key?: string; operator?: string; values?: readonly string[] }[];
};

type Requirement = { key?: string; operator?: string; values?: readonly string[] };

/** `core.NodeSelectorTerm{MatchExpressions:[]core.NodeSelectorRequirement{…}, MatchFields:[]core.NodeSelectorRequirement(nil)}`. */
export function goNodeSelectorTerm(term: {
  matchExpressions?: readonly Requirement[];
  matchFields?: readonly Requirement[];
}): string {
  const list = (requirements: readonly Requirement[] | undefined): string => {
    const type = '[]core.NodeSelectorRequirement';
    const shown = requirements?.map(
      ({ key = '', operator = '', values }) =>
        `core.NodeSelectorRequirement{Key:${goString(key)}, Operator:${goString(operator)}, Values:${goStringSlice(values)}}`,
    );
    return shown === undefined ? `${type}(nil)` : `${type}{${shown.join(', ')}}`;
  };
  return `core.NodeSelectorTerm{MatchExpressions:${list(term.matchExpressions)}, MatchFields:${list(term.matchFields)}}`;
}

/** A resource.Quantity with its inner parts: `resource.Quantity{i:resource.int64Amount{value:-1, scale:0}, d:…, s:"-1", Format:"DecimalSI"}`. */
export function goQuantity(text: string): string {
  const quantity = parseQuantity(text);
  let value = quantity.nano;
  let scale = -9;
  while (scale < 0 && value % 10n === 0n) {
    value /= 10n;
    scale++;
  }
  if (quantity.format !== 'BinarySI')
    for (
      const digits = /0*$/.exec(String(quantity.nano / 1_000_000_000n))?.[0].length ?? 0;
      scale >= 0 && scale < exponentOf(text) && scale < digits;
      scale++
    )
      value /= 10n;
  const shown = formatQuantity(quantity);
  return `resource.Quantity{i:resource.int64Amount{value:${value}, scale:${scale}}, d:resource.infDecAmount{Dec:(*inf.Dec)(nil)}, s:${goString(shown)}, Format:${goString(quantity.format)}}`;
}

const decimalExponents: Readonly<Record<string, number>> = { k: 3, M: 6, G: 9, T: 12, P: 15, E: 18 };

function exponentOf(text: string): number {
  return decimalExponents[text.slice(-1)] ?? Number(/[eE]([+-]?\d+)$/.exec(text)?.[1] ?? '0');
}

/** What Go prints for a pointer inside of a value: its address, which is chance. */
export function goPointer(type: string, value: unknown): string {
  return value === undefined ? `(*${type})(nil)` : `(*${type})(0xc000010000)`;
}

/** A metav1.LabelSelector: `v1.LabelSelector{MatchLabels:map[string]string{…}, MatchExpressions:[]v1.LabelSelectorRequirement(nil)}`. */
export function goLabelSelector({ matchLabels, matchExpressions }: Selector): string {
  const list = matchExpressions?.map(
    ({ key = '', operator = '', values }) =>
      `v1.LabelSelectorRequirement{Key:${goString(key)}, Operator:${goString(operator)}, Values:${goStringSlice(values)}}`,
  );
  const expressions =
    list === undefined ? '[]v1.LabelSelectorRequirement(nil)' : `[]v1.LabelSelectorRequirement{${list.join(', ')}}`;
  return `v1.LabelSelector{MatchLabels:${goStringMap(matchLabels)}, MatchExpressions:${expressions}}`;
}
