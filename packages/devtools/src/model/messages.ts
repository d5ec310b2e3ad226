import type { ServerMessage, TappedWire, ValueWire } from '@troupe/core/telemetry';

/** Bytes of messages that the page keeps of one edge, and messages. */
const bytesMax = 8 * 1_048_576;
const messagesMax = 500;

export interface TappedMessage {
  /** Counts what came over this tap: a message keeps its key while the list moves on. */
  readonly key: number;
  readonly message: TappedWire;
  readonly bytes: number;
}

/** What the tap of one edge gave, oldest first. */
export interface Tapped {
  readonly edge: number;
  readonly messages: readonly TappedMessage[];
  readonly bytes: number;
  readonly came: number;
  /** Messages that were not shown, and of those what the budget of bytes kept out. Told by the process. */
  readonly skipped: number;
  readonly overBudget: number;
  readonly problem: string | undefined;
}

type TapMessage = Extract<ServerMessage, { readonly type: 'tap' }>;

/** What there is of an edge with what its tap gave now: the oldest go where it gets too much. */
export function withTapped(before: Tapped | undefined, tap: TapMessage): Tapped {
  const { edge, skipped, overBudget, problem } = tap;
  // A tap that was taken away and asked for again counts from 0.
  const old = before?.edge === edge ? before : undefined;
  const came = old?.came ?? 0;
  const added = tap.messages.map((message, at): TappedMessage => {
    return { key: came + at, message, bytes: bytesOf(message.payload) };
  });
  const all = [...(old?.messages ?? []), ...added];
  let bytes = all.reduce((sum, message) => sum + message.bytes, 0);
  let first = Math.max(0, all.length - messagesMax);
  for (let at = 0; at < first; at += 1) bytes -= (all[at] as TappedMessage).bytes;
  // The newest one is always shown, however long.
  while (bytes > bytesMax && first < all.length - 1) {
    bytes -= (all[first] as TappedMessage).bytes;
    first += 1;
  }
  return {
    edge,
    messages: all.slice(first),
    bytes,
    came: came + added.length,
    skipped,
    overBudget,
    problem,
  };
}

/** Bytes that a value takes in the page, about. */
export function bytesOf(value: ValueWire): number {
  switch (value.kind) {
    case 'plain':
      return typeof value.value === 'string' ? 16 + 2 * value.value.length : 16;
    case 'bigint':
    case 'text':
      return 16 + 2 * value.text.length;
    case 'numbers':
      return 64 + value.numbers.data.byteLength;
    case 'list':
    case 'set':
      return value.items.reduce((sum, item) => sum + bytesOf(item), 32);
    case 'fields':
      return value.entries.reduce((sum, [key, item]) => sum + 2 * key.length + bytesOf(item), 32);
    case 'map':
      return value.entries.reduce((sum, [key, item]) => sum + bytesOf(key) + bytesOf(item), 32);
    case 'error':
      return 64 + 2 * (value.error.message.length + (value.error.stack?.length ?? 0));
    case 'undefined':
    case 'date':
    case 'cut':
      return 16;
  }
}
