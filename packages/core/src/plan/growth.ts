import type { ResolvedEdge } from './edges.ts';
import { isIntegerIn, show } from './problems.ts';
import type { Problems } from './problems.ts';
import { capacityMax, frameBytes } from './sizes.ts';
import type { ClockKind, CompileOptions } from './types.ts';

const mailboxMaxDefault = 1024;
/** Frames of a mailbox that grows by default, in bytes. */
const grownBytesMax = 64 * 2 ** 20;
const clocks: readonly ClockKind[] = ['realtime', 'paced', 'fast'];

export function resolveClock(problems: Problems, { clock = 'realtime' }: CompileOptions): ClockKind {
  if (clocks.includes(clock)) return clock;
  problems.error('BAD_CLOCK', {}, `clock is ${show(clock)}`, `Use one of ${clocks.join(', ')}.`);
  return 'realtime';
}

/**
 * How many messages the mailbox of each edge may grow to. Under the paced and fast clocks a reader of several
 * mailboxes handles their messages in order of time, so it may have to leave one full while it waits for
 * another, and what comes by a back-edge waits for the next step.
 */
export function resolveGrowth(
  problems: Problems,
  edges: readonly ResolvedEdge[],
  clock: ClockKind,
  { mailboxMax }: CompileOptions,
): readonly number[] {
  if (mailboxMax !== undefined && !isIntegerIn(mailboxMax, 1, capacityMax)) {
    const message = `mailboxMax is ${show(mailboxMax)}`;
    problems.error('BAD_MAILBOX_MAX', {}, message, `Give an integer from 1 to ${capacityMax}.`);
  }
  if (clock === 'realtime') return edges.map(({ capacity }) => capacity);
  const incoming = new Map<number, number>();
  const senders = new Set<number>();
  for (const { from, to, port } of edges) {
    if (to.kind === 'actor') incoming.set(to.actor, (incoming.get(to.actor) ?? 0) + 1);
    if (from.kind === 'actor' && port.kind === 'message') senders.add(from.actor);
  }
  return edges.map(({ to, port, capacity, overflow, back }) => {
    if (to.kind !== 'actor' || overflow !== 'block') return capacity;
    // Actors that pass values by reference release their inputs together, when the last of them has done.
    const mayWait = back || (incoming.get(to.actor) ?? 0) > 1 || senders.has(to.actor);
    if (!mayWait) return capacity;
    if (mailboxMax !== undefined) return Math.max(capacity, mailboxMax);
    const bytes = port.kind === 'frame' ? frameBytes(port) : 1;
    return Math.max(capacity, Math.min(mailboxMaxDefault, Math.floor(grownBytesMax / bytes)));
  });
}
