import { onlyOrder } from './outputs.ts';

/** Why a command may answer differently: the command, and what every line that differs is about. */
type Reason = { readonly command?: RegExp; readonly lines?: RegExp; readonly why: string };

const reasons: readonly Reason[] = [
  {
    command: /^(api-resources|api-versions|version|options|get --raw \/(api|version))( |$)/,
    why: 'these are different servers: Atoll lists its own kinds, its address and its version',
  },
  {
    command: /^get --raw \/api\/v1\/namespaces\/default$/,
    why: 'stored objects get their revision on the way out, so it stands first; default content has no `managedFields`',
  },
  {
    command: /^get clusterrole(binding)?s -o name$/,
    why: "roles of kcp's API (access to workspaces) are Atoll's own",
  },
  {
    lines: /^ {2}(ours|stock): .*(workspace access not permitted|cannot get path|\[stderr\]|\bno$|Warning: )/,
    why: 'anybody without a binding is refused at the door of a logical cluster; on a stock server every authenticated user may ask for reviews',
  },
  {
    command: /^apply --server-side/,
    lines: /Error from server.*failed to create typed patch object/,
    why: "a value of the wrong type is the client's mistake (400); stock says 500, the text is alike",
  },
  {
    command: /^patch (pod|job) /,
    lines: /^ {2}stock: /,
    why: "stock appends a dump of its program's values to the message",
  },
  {
    command: /^get (ns|namespaces)( |$)/,
    lines: /compare-\S+ (Terminating|Active) /,
    why: 'chance: namespaces of earlier commands are gone sooner or later',
  },
  {
    command: /^(delete all|describe |get all)/,
    lines: /deleted$|Age|Data|^ {2}(ours|stock): (\S+:|----|\S* ?$)/,
    why: 'chance: what a deletion takes along is gone sooner or later; keys come in the order of a Go map',
  },
];

/** The reason for a difference, or '' when there is none yet. `lines`: what differs, as `differences` gives it. */
export function reasonFor(command: string, lines: readonly string[]): string {
  if (onlyOrder(lines)) return 'chance: the same lines in another order';
  const fits = ({ command: wanted, lines: about }: Reason): boolean =>
    (wanted === undefined || wanted.test(command)) && (about === undefined || lines.every((line) => about.test(line)));
  return reasons.find(fits)?.why ?? '';
}
