/** Why a command may answer differently: the command, and what every line that differs is about. */
type Reason = { readonly command?: RegExp; readonly lines?: RegExp; readonly why: string };

const reasons: readonly Reason[] = [
  {
    command: /^(api-resources|api-versions|version|get --raw \/api$|options)/,
    why: 'these are different servers: Atoll lists its own kinds, its address and its version',
  },
];

/** The reason for a difference, or '' when there is none yet. `lines`: what differs, as `differences` gives it. */
export function reasonFor(_group: string, command: string, lines: readonly string[]): string {
  const fits = ({ command: wanted, lines: about }: Reason): boolean =>
    (wanted === undefined || wanted.test(command)) && (about === undefined || lines.every((line) => about.test(line)));
  return reasons.find(fits)?.why ?? '';
}
