import { actorCount } from '@troupe/mailbox';
import { StageStartError } from '../errors.ts';
import type { Handlers } from '../stage.ts';
import type { Actor } from './actor.ts';
import type { Upcall } from './host.ts';

/** Creates the handlers of an actor, with its last snapshot restored. Throws `StageStartError`. */
export function createHandlers(actor: Actor): Handlers {
  const { name } = actor.plan;
  let handlers: Handlers;
  try {
    handlers = actor.stage.create(actor.context);
    if (actor.snapshot !== undefined) handlers.restore?.(structuredClone(actor.snapshot));
  } catch (error) {
    throw new StageStartError(name, 'its `create` (or `restore`) threw', 'Mend the stage, or its options.', error);
  }
  const missing = missingHandler(actor, handlers);
  if (missing !== undefined) {
    throw new StageStartError(name, `it has no ${missing} handler`, `Let \`create\` return \`${missing}\`.`, undefined);
  }
  actor.hasEndedDemand ||= handlers.onDemand === undefined;
  return handlers;
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
}
