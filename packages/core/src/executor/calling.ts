import { actorCount, flag } from '@troupe/mailbox';
import type { Actor, Inlet } from './actor.ts';
import { emittedBy } from './lifecycle.ts';
import type { Ticker } from './ticker.ts';

/** Work that is called one by one. */
export type SingleWork = 'tick' | 'post' | 'resent';

export function callSingle(actor: Actor, work: SingleWork): unknown {
  const { handlers, envelope, posts, resent } = actor;
  const out = actor.out as never;
  if (work === 'tick') return handlers.onTick?.(actor.ticker as Ticker, out);
  if (work === 'post') return handlers.onPost?.(posts[0], out);
  return (resent[0]?.edge ?? 0) < 0
    ? handlers.onPost?.(resent[0]?.value, out)
    : handlers.onInput?.(envelope, out);
}

/** Marks what a source emits again; whoever has seen it can tell. */
export function repeatFlags(actor: Actor): number {
  if (emittedBy(actor) < actor.repeatsTo) return flag.redelivered;
  actor.repeatsTo = 0;
  return 0;
}

/** Inputs that had been in hand before. False when this one is passed over for the harm it has done. */
export function recover(actor: Actor, inlet: Inlet): boolean {
  const { reader } = inlet;
  const position = (reader.position - 1) | 0;
  if (((inlet.takenTo - position) | 0) <= 0) {
    inlet.isRecovering = false;
    return true;
  }
  if (((inlet.exposedTo - position) | 0) > 0) actor.envelope.flags |= flag.redelivered;
  if (inlet.skips.includes(position)) {
    reader.settle();
    return false;
  }
  if (((position - inlet.countedTo) | 0) < 0) return true;
  inlet.countedTo = reader.position;
  const { counts } = actor.gauges;
  counts[actorCount.redelivered] = (counts[actorCount.redelivered] as number) + 1;
  return true;
}

/** Handlers as functions that are called with their object. */
export interface Callable {
  readonly onInput: Handler;
  readonly onDemand: Handler;
}

type Handler = (this: unknown, first: unknown, second: unknown) => unknown;

/**
 * Calls a handler from a place where it is never inlined. Slow handlers come here: a long loop in an inlined
 * handler could not be compiled while it runs (seen as three times the time for frames of 1 MiB). Fast ones
 * are inlined into their chunk.
 */
export function callApart(handler: Handler, handlers: unknown, first: unknown, second: unknown): unknown {
  return handler.call(handlers, first, second);
}

// Two callees of different origin make the call megamorphic, which keeps every callee out of line.
callApart(function one() {}, undefined, undefined, undefined);
callApart(function other() {}, undefined, undefined, undefined);
