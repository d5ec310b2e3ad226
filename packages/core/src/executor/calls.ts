import { actorCount, flag } from '@troupe/mailbox';
import { AsyncHandlerError } from '../errors.ts';
import { account } from './accounts.ts';
import type { Actor, Inlet, Work } from './actor.ts';
import type { Failures } from './failures.ts';
import type { Host } from './host.ts';
import { closeWork, hasSpill, isReady, settleOutlets } from './readiness.ts';

/** The most messages in one batch, and so the most that publication waits for. */
const batchMax = 64;
/** Publication waits no longer than this for a batch to fill, in ms. */
const publishAfterMs = 0.02;
/** Half of it: calls that are expected to take this long in all are made without a look at the clock. */
const strideMs = 0.01;

/** Calls the handlers of actors: inputs and demands in bounded batches, everything else one by one. */
export class Calls {
  readonly #host: Host;
  readonly #failures: Failures;
  /** What the last chunk threw. */
  #thrown: { readonly error: unknown } | undefined;

  constructor(host: Host, failures: Failures) {
    this.#host = host;
    this.#failures = failures;
  }

  /** A bounded batch of inputs of one mailbox, or of demands: chunks of calls between looks at the clock, then a commit. */
  batch(actor: Actor, inlet: Inlet | undefined): void {
    const host = this.#host;
    const startMs = host.nowMs;
    let atMs = startMs;
    let budget = inlet === undefined ? batchMax : Math.min(batchMax, inlet.reader.available());
    actor.envelope.port = inlet === undefined ? '' : inlet.port;
    let total = 0;
    while (budget > 0) {
      const wanted = Math.min(budget, actor.stride);
      const done = inlet === undefined ? this.#demandChunk(actor, wanted) : this.#inputChunk(actor, inlet, wanted);
      const tookMs = host.look() - atMs;
      atMs = host.nowMs;
      total += done;
      budget -= done;
      const eachMs = tookMs / Math.max(1, done);
      if (host.hasStats && inlet !== undefined && done > 0) actor.gauges.onInput.record(eachMs * 1e6, done);
      actor.stride = eachMs * batchMax <= strideMs ? batchMax : Math.max(1, Math.floor(strideMs / eachMs));
      if (done < wanted || atMs - startMs + eachMs > publishAfterMs) break;
    }
    account(actor, inlet, total, (host.nowMs - startMs) * 1e6, host);
    host.commit(actor);
    if (this.#thrown !== undefined) this.#fail(actor, inlet === undefined ? 'demand' : 'input', inlet);
  }

  /** Delivers a tick that has come due. */
  tick(actor: Actor): void {
    const { ticker } = actor;
    if (ticker === undefined) return;
    ticker.open();
    this.#once(actor, 'tick', ticker.time, 0, () => actor.handlers.onTick?.(ticker, actor.out as never));
  }

  /** Delivers the oldest posted value. */
  post(actor: Actor): void {
    const value = actor.posts[0];
    const timeNs = Math.round(this.#host.nowMs * 1e6);
    this.#once(actor, 'post', timeNs, 0, () => actor.handlers.onPost?.(value, actor.out as never));
  }

  /** Delivers a dead letter that has been sent again. */
  resent(actor: Actor): void {
    const letter = actor.resent[0];
    if (letter === undefined) return;
    const { envelope, handlers } = actor;
    envelope.port = letter.port;
    envelope.frame = letter.frame;
    envelope.value = letter.value;
    envelope.seq = letter.seq;
    envelope.time = letter.time;
    envelope.flags = flag.resent;
    const isPost = letter.edge < 0;
    this.#once(actor, 'resent', letter.time, flag.resent, () =>
      isPost ? handlers.onPost?.(letter.value, actor.out as never) : handlers.onInput?.(envelope as never, actor.out as never),
    );
  }

  /** Moves on what a call has emitted beyond the room there was. The call ends with the last of it. */
  drainSpill(actor: Actor): boolean {
    let isMoved = false;
    let isEmpty = true;
    for (const outlet of actor.outlets) {
      isEmpty = outlet.drainSpill() && isEmpty;
      outlet.settle();
      isMoved = outlet.isDirty() || isMoved;
    }
    if (isEmpty) {
      const inlet = actor.spillOf === 'none' ? undefined : actor.spillOf;
      actor.spillOf = undefined;
      inlet?.reader.settle();
      account(actor, inlet, inlet === undefined ? 0 : 1, 0, this.#host);
    }
    if (isMoved || isEmpty) this.#host.commit(actor);
    return isMoved || isEmpty;
  }

  /** Up to `count` calls of `onInput`. Returns how many ended well. */
  #inputChunk(actor: Actor, inlet: Inlet, count: number): number {
    const { envelope, out, handlers, ledger, outlets } = actor;
    const { reader } = inlet;
    const only = outlets.length === 1 ? outlets[0] : undefined;
    let done = 0;
    out.isOpen = true;
    ledger.enter(inlet.edge);
    try {
      while (done < count && reader.take(envelope)) {
        ledger.hold(reader.position);
        if (envelope.stamp !== 0) this.#recordWait(actor);
        if (inlet.redeliver > 0 && !recover(actor, inlet)) {
          done++;
          continue;
        }
        out.time = envelope.time;
        out.flags = envelope.flags;
        const result = handlers.onInput?.(envelope as never, out as never);
        if (result !== undefined) {
          this.#pend(actor, 'input', inlet, result);
          return done;
        }
        const isRoomLeft = only === undefined ? isReady(actor) : only.isReady();
        if (!isRoomLeft && hasSpill(actor)) {
          actor.spillOf = inlet;
          settleOutlets(actor);
          break;
        }
        reader.settle();
        if (only === undefined) settleOutlets(actor);
        else only.settle();
        done++;
        if (!isRoomLeft) break;
      }
    } catch (error) {
      this.#thrown = { error };
    }
    out.isOpen = false;
    ledger.leave();
    return done;
  }

  /** Up to `count` calls of `onDemand`. */
  #demandChunk(actor: Actor, count: number): number {
    const { out, handlers, ledger, outlets } = actor;
    const only = outlets.length === 1 ? outlets[0] : undefined;
    const timeNs = Math.round(this.#host.nowMs * 1e6);
    let done = 0;
    out.isOpen = true;
    ledger.enter(-1);
    out.flags = 0;
    try {
      while (done < count) {
        out.time = timeNs;
        const result = handlers.onDemand?.(out as never);
        if (result === 'end') actor.hasEndedDemand = true;
        else if (result !== undefined) {
          this.#pend(actor, 'demand', undefined, result);
          return done;
        }
        const isRoomLeft = only === undefined ? isReady(actor) : only.isReady();
        if (!isRoomLeft && hasSpill(actor)) actor.spillOf = 'none';
        if (only === undefined) settleOutlets(actor);
        else only.settle();
        done++;
        if (!isRoomLeft || actor.hasEndedDemand) break;
      }
    } catch (error) {
      this.#thrown = { error };
    }
    out.isOpen = false;
    ledger.leave();
    return done;
  }

  /** One call that is no input of a mailbox. */
  #once(actor: Actor, work: Work, timeNs: number, flags: number, call: () => unknown): void {
    const host = this.#host;
    const startMs = host.nowMs;
    const { out, ledger } = actor;
    out.isOpen = true;
    out.time = timeNs;
    out.flags = flags;
    ledger.enter(-1);
    try {
      const result = call();
      if (result !== undefined) {
        this.#pend(actor, work, undefined, result);
        return;
      }
      if (hasSpill(actor)) actor.spillOf = 'none';
      settleOutlets(actor);
    } catch (error) {
      this.#thrown = { error };
    }
    this.#close(actor, work, undefined, (host.look() - startMs) * 1e6);
  }

  /** An async handler: the actor is busy until it settles. */
  #pend(actor: Actor, work: Work, inlet: Inlet | undefined, result: unknown): void {
    const pending = Promise.resolve(result);
    if (!actor.plan.io) {
      pending.catch(() => undefined);
      throw new AsyncHandlerError(actor.plan.name, work);
    }
    const startMs = this.#host.nowMs;
    actor.isBusy = true;
    actor.busySinceMs = startMs;
    actor.ledger.pend();
    const settle = (thrown: { error: unknown } | undefined): void => {
      // What settles after its actor was stopped has nobody to report to.
      if (actor.phase !== 'running') return;
      actor.isBusy = false;
      this.#thrown = thrown;
      if (thrown === undefined) {
        if (hasSpill(actor)) actor.spillOf = inlet ?? 'none';
        else inlet?.reader.settle();
        settleOutlets(actor);
      }
      this.#close(actor, work, inlet, (this.#host.look() - startMs) * 1e6);
      this.#host.bell.ring();
    };
    pending.then(
      (value) => {
        if (value === 'end' && work === 'demand') actor.hasEndedDemand = true;
        settle(undefined);
      },
      (error: unknown) => settle({ error }),
    );
  }

  /** The end of a single call, sync or async. */
  #close(actor: Actor, work: Work, inlet: Inlet | undefined, tookNs: number): void {
    const host = this.#host;
    actor.out.isOpen = false;
    actor.ledger.leave();
    if (host.hasStats && work === 'tick') actor.gauges.onTick.record(tookNs, 1);
    if (host.hasStats && work === 'input') actor.gauges.onInput.record(tookNs, 1);
    const isDone = this.#thrown === undefined;
    // An input whose spill still waits is accounted for when that has drained.
    const isReleased = isDone && (inlet === undefined || actor.spillOf === undefined);
    account(actor, inlet, isReleased ? 1 : 0, tookNs, host);
    host.commit(actor);
    if (isDone) closeWork(actor, work);
    else this.#fail(actor, work, inlet);
  }

  #fail(actor: Actor, work: Work, inlet: Inlet | undefined): void {
    const { error } = this.#thrown ?? { error: undefined };
    this.#thrown = undefined;
    this.#failures.fail(actor, work, inlet, error);
  }

  #recordWait(actor: Actor): void {
    const { hasStats, nowMs } = this.#host;
    if (hasStats) actor.gauges.queueWait.record((nowMs - actor.envelope.stamp) * 1e6, 1);
  }
}

/** Inputs that a predecessor had in hand. False when this one is passed over for the harm it has done. */
function recover(actor: Actor, inlet: Inlet): boolean {
  inlet.redeliver--;
  const { reader } = inlet;
  if (inlet.exposed > 0) {
    inlet.exposed--;
    actor.envelope.flags |= flag.redelivered;
  }
  if (inlet.skipAt === ((reader.position - 1) | 0)) {
    inlet.skipAt = undefined;
    reader.settle();
    return false;
  }
  const { counts } = actor.gauges;
  counts[actorCount.redelivered] = (counts[actorCount.redelivered] as number) + 1;
  return true;
}
