import { actorCount, flag } from '@troupe/mailbox';
import { errorToWire } from '../drivers/error-wire.ts';
import { AsyncHandlerError, BarrierTimeoutError } from '../errors.ts';
import { account } from './accounts.ts';
import type { Actor, Inlet, Work } from './actor.ts';
import { callApart, callSingle, recover, repeatFlags } from './calling.ts';
import type { Callable, SingleWork } from './calling.ts';
import type { Failures } from './failures.ts';
import type { Host } from './host.ts';
import { noEdge } from './ledger.ts';
import type { TraceWriter } from './trace-ring.ts';
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

  /**
   * A bounded batch of inputs of one mailbox, or of demands: chunks of calls between looks at the clock, then
   * a commit. Returns how many ended well; -1 when the actor must wait (see `#enter`).
   */
  batch(actor: Actor, inlet: Inlet | undefined, most: number = batchMax): number {
    if (!this.#enter(actor)) return -1;
    const host = this.#host;
    const { control } = actor;
    const startMs = host.nowMs;
    let atMs = startMs;
    let budget = inlet === undefined ? most : Math.min(most, inlet.reader.available());
    if (actor.group !== undefined && inlet?.isRecovering === true) budget = Math.min(1, budget);
    actor.envelope.port = inlet === undefined ? '' : inlet.port;
    const { writer } = host.tracing;
    const firstTime = writer === undefined ? 0 : (inlet?.reader.timeAt(0) ?? host.timeNs());
    let total = 0;
    while (budget > 0) {
      // An event may have been reset by the last call, or by others meanwhile.
      if (control !== undefined && !control.admit()) break;
      const isSingle = actor.repeatsTo > 0 || control !== undefined || actor.latches?.isWriter === true;
      const wanted = Math.min(budget, isSingle ? 1 : actor.stride);
      actor.latches?.open(host.stepNs(actor));
      const done =
        inlet === undefined ? this.#demandChunk(actor, wanted) : this.#inputChunk(actor, inlet, wanted);
      if (!actor.isBusy) actor.latches?.settle(this.#thrown === undefined, actor.envelope.time);
      const tookMs = host.look() - atMs;
      atMs = host.nowMs;
      total += done;
      budget -= done;
      const eachMs = tookMs / Math.max(1, done);
      if (host.hasStats && inlet !== undefined && done > 0) actor.gauges.onInput.record(eachMs * 1e6, done);
      actor.stride = eachMs * batchMax <= strideMs ? batchMax : Math.max(1, Math.floor(strideMs / eachMs));
      if (done < wanted || atMs - startMs + eachMs > publishAfterMs) break;
      // The last call of the chunk may have been the last one for now.
      if (actor.spillOf !== undefined || (inlet === undefined && actor.hasEndedDemand) || !isReady(actor))
        break;
    }
    account(actor, inlet, total, (host.nowMs - startMs) * 1e6, host);
    if (writer !== undefined) this.#trace(writer, actor, inlet, total, startMs, firstTime);
    if (inlet === undefined && total > 0) actor.attempts.demand = undefined;
    host.commit(actor, this.#thrown === undefined);
    // A pending handler holds on to its resources until it settles; what a failure leads to needs none.
    if (!actor.isBusy) actor.lease?.end();
    if (this.#thrown !== undefined) this.#fail(actor, inlet === undefined ? 'demand' : 'input', inlet);
    return total;
  }

  /** Takes in how a source's call has ended while no round was open for it. */
  admit(actor: Actor): void {
    const { settled } = actor;
    actor.settled = undefined;
    settled?.();
  }

  /** An async handler beyond its limit is reported, once a limit. */
  watch(actor: Actor): boolean {
    const host = this.#host;
    const { asyncWatchdogMs } = actor.plan.supervision;
    // What it waits for may be held.
    if (host.isAnyHeld) actor.busySinceMs = host.nowMs;
    const busyMs = host.nowMs - actor.busySinceMs;
    const { barrierTimeoutMs } = host;
    if (barrierTimeoutMs > 0 && busyMs >= barrierTimeoutMs && !actor.isAway && !host.isStopping) {
      actor.busySinceMs = host.nowMs;
      const error = new BarrierTimeoutError(actor.plan.name, barrierTimeoutMs);
      host.upcall({ type: 'fatal', error: errorToWire(error) });
    } else if (asyncWatchdogMs > 0 && busyMs >= asyncWatchdogMs) {
      actor.busySinceMs = host.nowMs;
      host.upcall({ type: 'hang', actor: actor.plan.index });
    }
    return false;
  }

  /** Delivers a tick that has come due. False when the actor must wait. */
  tick(actor: Actor): boolean {
    const { ticker } = actor;
    if (ticker === undefined || !this.#enter(actor)) return false;
    ticker.open();
    return this.#once(actor, 'tick', ticker.time, 0);
  }

  /** Delivers the oldest posted value. False when the actor must wait. */
  post(actor: Actor): boolean {
    return this.#enter(actor) && this.#once(actor, 'post', this.#host.timeNs(), 0);
  }

  /** Delivers a dead letter that has been sent again. False when the actor must wait. */
  resent(actor: Actor): boolean {
    const letter = actor.resent[0];
    if (letter === undefined || !this.#enter(actor)) return false;
    const { envelope } = actor;
    envelope.port = letter.port;
    envelope.frame = letter.frame;
    envelope.value = letter.value;
    envelope.seq = letter.seq;
    return this.#once(actor, 'resent', letter.time, flag.resent);
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
      actor.control?.settle();
      actor.tickNote?.settle();
      account(actor, inlet, inlet === undefined ? 0 : 1, 0, this.#host);
    }
    this.#host.look();
    if (isMoved || isEmpty) this.#host.commit(actor);
    return isMoved || isEmpty;
  }

  /**
   * Before a call: takes what it needs to begin, its resources and an activation. False when there is none;
   * the thread is rung when that has changed.
   */
  #enter({ lease, control }: Actor): boolean {
    if (lease !== undefined && !lease.begin(this.#host.nowMs)) return false;
    if (control === undefined || control.admit()) return true;
    lease?.end();
    return false;
  }

  /** Up to `count` calls of `onInput`. Returns how many ended well. */
  #inputChunk(actor: Actor, inlet: Inlet, count: number): number {
    const { envelope, out, handlers, ledger, outlets, control } = actor;
    const { reader } = inlet;
    const { words: held, heldAt } = ledger;
    const { onInput } = handlers as Callable;
    const only = outlets.length === 1 ? outlets[0] : undefined;
    let done = 0;
    out.isOpen = true;
    ledger.enter(inlet.edge);
    try {
      while (done < count && reader.take(envelope)) {
        held[heldAt] = reader.position;
        // `flag.stamped`, as a literal.
        if ((envelope.flags & 4) !== 0) this.#recordWait(actor);
        if (inlet.isRecovering && !recover(actor, inlet)) {
          done++;
          continue;
        }
        if (out.hasTime) out.hasTime = false;
        const result =
          count === 1 ? callApart(onInput, handlers, envelope, out) : onInput.call(handlers, envelope, out);
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
        if (control !== undefined) control.settle();
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
    const { envelope, out, handlers, ledger, outlets } = actor;
    const only = outlets.length === 1 ? outlets[0] : undefined;
    const { onDemand } = handlers as Callable;
    const { words: held, heldAt } = ledger;
    envelope.time = this.#host.timeNs();
    envelope.flags = actor.repeatsTo > 0 ? repeatFlags(actor) : 0;
    let done = 0;
    out.isOpen = true;
    ledger.enter(noEdge.other);
    try {
      while (done < count) {
        held[heldAt] = done;
        if (out.hasTime) out.hasTime = false;
        const result =
          count === 1
            ? callApart(onDemand, handlers, out, undefined)
            : onDemand.call(handlers, out, undefined);
        if (result !== undefined) {
          if (result !== 'end') {
            this.#pend(actor, 'demand', undefined, result);
            return done;
          }
          actor.hasEndedDemand = true;
        }
        const isRoomLeft = only === undefined ? isReady(actor) : only.isReady();
        if (!isRoomLeft && hasSpill(actor)) actor.spillOf = 'none';
        else actor.control?.settle();
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
  #once(actor: Actor, work: SingleWork, timeNs: number, flags: number): true {
    const host = this.#host;
    const startMs = host.nowMs;
    const { envelope, out, ledger } = actor;
    out.isOpen = true;
    out.hasTime = false;
    envelope.time = timeNs;
    envelope.flags = flags;
    const isOwnStep = work === 'tick' && host.turn === undefined;
    actor.latches?.open(isOwnStep ? timeNs : host.stepNs(actor));
    ledger.enter(work === 'resent' ? noEdge.resent : noEdge.other);
    ledger.hold(actor.resent[0]?.id ?? 0);
    try {
      const result = callSingle(actor, work);
      if (result !== undefined) {
        this.#pend(actor, work, undefined, result);
        return true;
      }
      if (hasSpill(actor)) actor.spillOf = 'none';
      settleOutlets(actor);
    } catch (error) {
      this.#thrown = { error };
    }
    this.#close(actor, work, undefined, (host.look() - startMs) * 1e6);
    return true;
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
    // Nobody can wait for a source that waits for something outside.
    actor.isAway =
      this.#host.turn !== undefined &&
      work === 'demand' &&
      actor.inlets.length === 0 &&
      actor.ticker === undefined;
    const settle = (thrown: { error: unknown } | undefined): void => {
      // What settles after its actor was stopped has nobody to report to.
      actor.isAway = false;
      const isOver = actor.phase !== 'running';
      if (!isOver) actor.isBusy = false;
      if (isOver || (this.#host.isStopping && thrown !== undefined)) {
        actor.lease?.end();
        return;
      }
      this.#thrown = thrown;
      if (thrown === undefined) {
        if (hasSpill(actor)) actor.spillOf = inlet ?? 'none';
        else inlet?.reader.settle();
        settleOutlets(actor);
      }
      const tookMs = this.#host.look() - startMs;
      // A source that waits for its time is not at work.
      this.#close(actor, work, inlet, work === 'demand' ? 0 : tookMs * 1e6);
      this.#host.strike();
      this.#host.bell.ring();
    };
    const close = (end: () => void): void => {
      if (!actor.isAway) return end();
      actor.settled = end;
      this.#host.bell.ring();
    };
    pending.then(
      (value) =>
        close(() => {
          if (value === 'end' && work === 'demand') actor.hasEndedDemand = true;
          settle(undefined);
        }),
      (error: unknown) => close(() => settle({ error })),
    );
  }

  /** The end of a single call, sync or async. */
  #close(actor: Actor, work: Work, inlet: Inlet | undefined, tookNs: number): void {
    const host = this.#host;
    actor.out.isOpen = false;
    actor.ledger.leave();
    if (work === 'tick') this.#timeTick(actor, tookNs);
    if (host.hasStats && work === 'input') actor.gauges.onInput.record(tookNs, 1);
    const isDone = this.#thrown === undefined;
    host.traceCall(actor, work, inlet, host.nowMs - tookNs / 1e6, isDone);
    actor.latches?.settle(isDone, actor.envelope.time);
    // An input whose spill still waits is accounted for when that has drained.
    const isReleased = isDone && (inlet === undefined || actor.spillOf === undefined);
    account(actor, inlet, isReleased ? 1 : 0, tookNs, host);
    if (isDone && actor.spillOf === undefined) {
      actor.control?.settle();
      if (work === 'tick') actor.tickNote?.settle();
    }
    host.commit(actor, isDone);
    actor.lease?.end();
    if (!isDone) return this.#fail(actor, work, inlet);
    if (work !== 'input') actor.attempts[work] = undefined;
    closeWork(actor, work, host.upcall);
  }

  /** The stage's first overrun is logged; all are counted. */
  #timeTick(actor: Actor, tookNs: number): void {
    const { counts, onTick } = actor.gauges;
    if (this.#host.hasStats) onTick.record(tookNs, 1);
    const { budgetNs = Infinity } = actor.ticker ?? {};
    if (tookNs <= budgetNs) return;
    const overruns = (counts[actorCount.overrunTicks] as number) + 1;
    counts[actorCount.overrunTicks] = overruns;
    if (overruns > 1) return;
    const [tookMs, budgetMs] = [tookNs, budgetNs].map((ns) => (ns / 1e6).toFixed(3));
    const message = `a tick took ${tookMs} ms, its budget is ${budgetMs} ms; further ones are only counted`;
    this.#host.log(actor, message);
  }

  #fail(actor: Actor, work: Work, inlet: Inlet | undefined): void {
    const { error } = this.#thrown ?? { error: undefined };
    this.#thrown = undefined;
    this.#failures.fail(actor, work, inlet, error);
  }

  /** A batch has ended. What is pending is told when it settles. */
  #trace(
    writer: TraceWriter,
    actor: Actor,
    inlet: Inlet | undefined,
    count: number,
    startMs: number,
    firstTime: number,
  ): void {
    const isFailed = this.#thrown !== undefined;
    if (count === 0 && !isFailed) return;
    const work = inlet === undefined ? 'demand' : 'input';
    const endMs = this.#host.nowMs;
    writer.calls({ actor, work, inlet, count, isFailed, startMs, endMs, firstTime });
  }

  #recordWait(actor: Actor): void {
    const { hasStats, nowMs } = this.#host;
    if (hasStats) actor.gauges.queueWait.record((nowMs - actor.envelope.stamp) * 1e6, 1);
  }
}
