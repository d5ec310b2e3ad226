import { actorCount } from '@troupe/mailbox';
import type { LetterWire, Upcall } from '../drivers/messages.ts';
import { gate } from './actor.ts';
import type { Actor, HoldGroup, Inlet, Work } from './actor.ts';

/** Whether every edge that blocks has room for what one call may emit. */
export function isReady(actor: Actor): boolean {
  const { outlets } = actor;
  for (let i = 0; i < outlets.length; i++) if (outlets[i]?.isReady() === false) return false;
  return true;
}

/** As `isReady`, after asking for a ring when room appears. */
export function wantRoom(actor: Actor): boolean {
  let isRoom = true;
  for (const outlet of actor.outlets) isRoom = outlet.wantRoom() && isRoom;
  return isRoom;
}

/** Whether anything but a tick waits for an actor, or it is a source that goes on. */
export function hasMessage(actor: Actor): boolean {
  if (!actor.hasEndedDemand || actor.posts.length > 0 || actor.resent.length > 0) return true;
  for (let i = 0; i < actor.inlets.length; i++) {
    const inlet = actor.inlets[i] as Inlet;
    if (inlet.reader.available() > 0 && !isHeldBack(actor, inlet)) return true;
  }
  return false;
}

export function hasSpill(actor: Actor): boolean {
  const { outlets } = actor;
  for (let i = 0; i < outlets.length; i++) if (outlets[i]?.hasSpill() === true) return true;
  return false;
}

export function settleOutlets(actor: Actor): void {
  const { outlets } = actor;
  for (let i = 0; i < outlets.length; i++) outlets[i]?.settle();
}

/** Whether nothing is under way between the actors of a group. */
export function isQuiet(group: HoldGroup): boolean {
  const { locals } = group;
  for (let i = 0; i < locals.length; i++) {
    const reader = locals[i];
    if (reader !== undefined && (reader.available() > 0 || reader.position !== reader.handled)) return false;
  }
  return true;
}

/**
 * Whether a mailbox waits for its actor's group to come to rest: inputs that are handed over again go through
 * the group one by one, so that another death tells which of them causes it.
 */
function isHeldBack({ group }: Actor, inlet: Inlet): boolean {
  return inlet.isRecovering && group !== undefined && !isQuiet(group);
}

/**
 * Before emissions are shown whose inputs stay unreleased: those inputs are marked if they have to be handed
 * over again.
 */
export function exposeGroup(actor: Actor, group: HoldGroup): void {
  let isShown = false;
  for (const outlet of actor.outlets) isShown = outlet.isDirtyOutside() || isShown;
  if (!isShown) return;
  for (const inlet of group.inlets) inlet.ledger.expose(inlet.reader.handled);
}

/**
 * Whether an actor without work will never have any again: all forward inputs have ended, or it is a source
 * that has finished, or one that the drain has told to. `round`: only ends before it count, as it depends on
 * threads which of the others are seen.
 */
export function isFinished(actor: Actor, isDraining: boolean, round?: number): boolean {
  let forward = 0;
  for (const inlet of actor.inlets) {
    if (inlet.isBack) continue;
    forward++;
    const { reader } = inlet;
    if (!(round === undefined ? reader.hasEnded() : reader.hasEndedBefore(round))) return false;
  }
  if (!actor.hasEndedDemand) return false;
  // Inputs that are held for what they caused must be handed over again if this thread dies first.
  if (actor.group !== undefined && !isQuiet(actor.group)) return false;
  return forward > 0 || isDraining || actor.handlers.onDemand !== undefined;
}

/** What the envelope holds of a mailbox; it may hold something of another one beside it. */
export function payloadOf({ plan, envelope }: Actor, inlet: Inlet): Pick<LetterWire, 'frame' | 'value'> {
  const isFrame = plan.inlets.find(({ edge }) => edge === inlet.edge)?.kind === 'frame';
  return isFrame ? { frame: envelope.frame, value: undefined } : { frame: undefined, value: envelope.value };
}

/**
 * An owned copy of the message in hand; `undefined` where the work has none. Takes an input out of its
 * mailbox.
 */
export function deadLetterOf(actor: Actor, work: Work, inlet: Inlet | undefined): LetterWire | undefined {
  const base = { id: -1, actor: actor.plan.index, tries: actor.plan.supervision.triesMax };
  if (inlet !== undefined) {
    const { envelope } = actor;
    if (!inlet.reader.take(envelope)) return undefined;
    const { port, seq, time } = envelope;
    const { frame, value } = payloadOf(actor, inlet);
    return { ...base, edge: inlet.edge, port, frame: frame?.slice(), value, seq, time };
  }
  if (work === 'resent') return actor.resent[0];
  if (work !== 'post') return undefined;
  return {
    ...base,
    edge: -1,
    port: '',
    frame: undefined,
    value: actor.posts[0],
    seq: -1,
    time: actor.envelope.time,
  };
}

/** Takes away what a finished (or given up) call was about; inputs are settled by their mailbox. */
export function closeWork(actor: Actor, work: Work, upcall: Upcall): void {
  if (work === 'post') {
    actor.posts.shift();
    actor.postsClosed++;
  } else if (work === 'mode') actor.gates &= ~gate.call;
  else if (work === 'resent') {
    actor.lettersClosed++;
    const letter = actor.resent.shift();
    if (letter !== undefined) upcall({ type: 'resentDone', id: letter.id });
  } else if (work === 'tick' && actor.ticker !== undefined) {
    const { counts } = actor.gauges;
    const { dropped, missed } = actor.ticker;
    counts[actorCount.droppedTicks] = (counts[actorCount.droppedTicks] as number) + dropped - missed;
    counts[actorCount.tickTimeNs] = actor.ticker.time;
    counts[actorCount.nextTick] = actor.ticker.index + 1;
    actor.ticker.close();
  }
}

/** Whether another handler of the actor may start right after one. */
export function canGoOn(actor: Actor): boolean {
  return !actor.isBusy && actor.phase === 'running' && actor.spillOf === undefined && isReady(actor);
}

/** The next mailbox with something in it, in turns. */
export function nextInlet(actor: Actor): Inlet | undefined {
  const { inlets } = actor;
  const count = inlets.length;
  for (let i = 0; i < count; i++) {
    const at = actor.nextInlet;
    actor.nextInlet = at + 1 === count ? 0 : at + 1;
    const inlet = inlets[at] as Inlet;
    if (inlet.reader.available() > 0 && !isHeldBack(actor, inlet)) return inlet;
  }
  return undefined;
}
