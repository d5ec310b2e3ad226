import type { Upcall } from '../drivers/messages.ts';
import { actorCount } from '@troupe/mailbox';
import { StageStartError } from '../errors.ts';
import type { Handlers } from '../stage.ts';
import type { Actor } from './actor.ts';

/** Creates the handlers of an actor, with its last snapshot restored. Throws `StageStartError`. */
export function createHandlers(actor: Actor): Handlers {
  const { name } = actor.plan;
  let handlers: Handlers;
  try {
    handlers = actor.stage.create(actor.context);
    if (actor.snapshot !== undefined) handlers.restore?.(structuredClone(actor.snapshot));
  } catch (error) {
    throw new StageStartError(
      name,
      'its `create` (or `restore`) threw',
      'Mend the stage, or its options.',
      error,
    );
  }
  const missing = missingHandler(actor, handlers);
  if (missing !== undefined) {
    throw new StageStartError(
      name,
      `it has no ${missing} handler`,
      `Let \`create\` return \`${missing}\`.`,
      undefined,
    );
  }
  actor.hasEndedDemand ||= handlers.onDemand === undefined;
  actor.repeatsTo = repeatsOf(actor, handlers);
  return handlers;
}

/** Messages emitted by an actor so far, by all its instances. */
export function emittedBy(actor: Actor): number {
  let emitted = 0;
  for (const outlet of actor.outlets) emitted += outlet.emitted;
  return emitted;
}

/**
 * A source that begins anew at its last snapshot emits again what came after that: up to this many are
 * marked.
 */
function repeatsOf(actor: Actor, handlers: Handlers): number {
  if (handlers.onDemand === undefined || actor.inlets.some(({ isBack }) => !isBack)) return 0;
  const emitted = emittedBy(actor);
  const since =
    actor.snapshot === undefined ? 0 : (actor.gauges.counts[actorCount.snapshotEmitted] as number);
  return emitted > since ? emitted + (emitted - since) : 0;
}

function missingHandler(actor: Actor, handlers: Handlers): string | undefined {
  if (typeof handlers !== 'object' || handlers === null) return 'onInput, onTick, onDemand or onPost';
  if (actor.inlets.length > 0 && handlers.onInput === undefined) return 'onInput';
  if (actor.plan.tick !== undefined && handlers.onTick === undefined) return 'onTick';
  return undefined;
}

/** Notes how far a source has come. */
export function noteProgress(actor: Actor, nowMs: number): void {
  const { handlers, gauges } = actor;
  actor.progressMs = nowMs;
  const progress = handlers.progress?.();
  if (progress === undefined) return;
  gauges.counts[actorCount.progressDone] = progress.done;
  gauges.counts[actorCount.progressTotal] = progress.total ?? 0;
}

/** Keeps the state for a restart, here and with the owner of the run. */
export function takeSnapshot(actor: Actor, nowMs: number, upcall: Upcall): void {
  const { handlers, gauges, plan } = actor;
  actor.snapshotMs = nowMs;
  if (handlers.snapshot === undefined) return;
  actor.snapshot = structuredClone(handlers.snapshot());
  upcall({ type: 'snapshot', actor: plan.index, state: actor.snapshot });
  gauges.counts[actorCount.snapshotAge] = 0;
  gauges.counts[actorCount.snapshotEmitted] = emittedBy(actor);
}
