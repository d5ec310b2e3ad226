import { actorCount } from '@troupe/mailbox';
import { errorToWire } from '../drivers/error-wire.ts';
import { HandlerError, RestartLimitError } from '../errors.ts';
import { accountGivenUp } from './accounts.ts';
import { gate, noAttempts } from './actor.ts';
import type { Actor, Inlet, Work } from './actor.ts';
import { FailureTelling } from './failure-telling.ts';
import type { Host } from './host.ts';
import { createHandlers, noteProgress } from './lifecycle.ts';
import { noEdge } from './ledger.ts';
import { closeWork, deadLetterOf } from './readiness.ts';
import { judgeFailure } from './supervise.ts';
import type { Attempts } from './supervise.ts';
import { traced } from './trace-ring.ts';
import type { Ticker } from './ticker.ts';

/** What happens to an actor whose handler threw, and how actors come to their end. */
export class Failures {
  readonly #host: Host;
  readonly #telling: FailureTelling;

  constructor(host: Host) {
    this.#host = host;
    this.#telling = new FailureTelling(host.upcall);
  }

  /** Calls `onStart`; the actor runs once it has settled. */
  start(actor: Actor): void {
    actor.phase = 'running';
    this.#begin(actor, () => actor.handlers.onStart?.());
  }

  /** Discards what the failed call emitted, and does what the stage's supervision says. */
  fail(actor: Actor, work: Work, inlet: Inlet | undefined, error: unknown): void {
    const { name, supervision, index } = actor.plan;
    this.#host.onError?.(actor, work, inlet, error);
    // `onMode` emits nothing; what waits for room is of the call before it.
    if (work !== 'mode') for (const outlet of actor.outlets) outlet.rollback();
    inlet?.reader.rewind();
    increase(actor, actorCount.failed);
    const failure = new HandlerError(name, work, inlet?.port, error);
    const attempts = attemptsOf(actor, work, inlet);
    const tries = attempts.tries + 1;
    const { nowMs } = this.#host;
    const verdict = judgeFailure(attempts, actor.restarts, supervision, nowMs);
    // A source, or a start, that fails again and again has no message that could be given up.
    const isHopeless = verdict.isGivenUp && (work === 'demand' || work === 'start');
    this.#telling.tell({ actor, work, inlet, error: failure, verdict, tries, isHopeless, nowMs });
    if (verdict.action === 'stop') {
      this.#host.log(actor, `stopped after a failure: ${failure.message}`);
      this.#detach(actor);
      return;
    }
    if (verdict.action === 'escalate' || isHopeless) {
      actor.phase = 'stopped';
      const fatal = verdict.isBeyondRestarts ? new RestartLimitError(name, supervision, failure) : failure;
      this.#host.upcall({ type: 'fatal', error: errorToWire(fatal) });
      return;
    }
    if (verdict.isGivenUp) this.#giveUp(actor, work, inlet, failure);
    actor.isRecreated = verdict.action === 'recreate' || work === 'start';
    actor.phase = 'backoff';
    actor.resumeAtMs = this.#host.nowMs + verdict.waitMs;
    this.#host.upcall({ type: 'actorState', actor: index, state: 'backoff' });
  }

  /** Lets an actor run again once its wait is over. */
  endBackoff(actor: Actor): boolean {
    if (this.#host.nowMs < actor.resumeAtMs) return false;
    actor.phase = 'running';
    if (actor.isRecreated) this.#recreate(actor);
    else this.#host.upcall({ type: 'actorState', actor: actor.plan.index, state: 'running' });
    return true;
  }

  /** The end of an actor's stream: `onStop`, if it has started, then its outputs end. */
  finish(actor: Actor, hasStarted: boolean = true): void {
    if (hasStarted) noteProgress(actor, this.#host.stateMs());
    actor.isBusy = true;
    actor.busySinceMs = this.#host.nowMs;
    actor.ledger.enter(noEdge.stop);
    const end = (): void => {
      actor.isBusy = false;
      actor.ledger.leave();
      if (actor.phase !== 'running') return;
      actor.phase = 'ended';
      actor.ticker?.end();
      this.#host.commit(actor);
      for (const outlet of actor.outlets) outlet.end();
      // Nobody will read what still comes by a back-edge: its writer is held no longer.
      for (const { isBack, reader } of actor.inlets) if (isBack) reader.detach();
      this.#host.upcall({ type: 'actorState', actor: actor.plan.index, state: 'ended' });
      this.#host.strike();
      this.#host.bell.ring();
    };
    const stopping = hasStarted ? this.callOnStop(actor) : undefined;
    if (stopping === undefined) end();
    else {
      actor.ledger.pend();
      void stopping.then(end);
    }
  }

  /** Calls `onStop`. An error in it is logged: nothing is left that it could spoil. */
  callOnStop(actor: Actor): Promise<void> | undefined {
    const report = (error: unknown): void => {
      this.#host.log(actor, new HandlerError(actor.plan.name, 'onStop', undefined, error).message);
    };
    try {
      const result = actor.handlers.onStop?.();
      return result instanceof Promise ? result.catch(report) : undefined;
    } catch (error) {
      report(error);
      return undefined;
    }
  }

  /** The message in hand goes to the dead letters. */
  #giveUp(actor: Actor, work: Work, inlet: Inlet | undefined, failure: HandlerError): void {
    const letter = deadLetterOf(actor, work, inlet);
    if (letter === undefined) this.#host.log(actor, `gave up a ${work}: ${failure.message}`);
    else {
      increase(actor, actorCount.deadLettered);
      // Before the input is released: a death in between must not lose it.
      this.#host.upcall({ type: 'deadLetter', letter, error: errorToWire(failure) });
    }
    if (inlet !== undefined) {
      inlet.reader.settle();
      accountGivenUp(actor, inlet);
      this.#host.commit(actor, false);
    }
    closeWork(actor, work, this.#host.upcall);
  }

  /** A new instance of the stage, from its last snapshot. */
  #recreate(actor: Actor): void {
    actor.isRecreated = false;
    increase(actor, actorCount.restarts);
    const { nowMs, tracing } = this.#host;
    tracing.writer?.span(traced.restart, actor.plan.index, nowMs, nowMs);
    const since = actor.gauges.counts[actorCount.snapshotAge] as number;
    const from = actor.snapshot === undefined ? 'without a snapshot' : `from a snapshot ${since} inputs ago`;
    this.#host.log(actor, `recreated ${from}`);
    const begin = (): void | Promise<void> => {
      actor.ledger.create();
      actor.handlers = createHandlers(actor);
      actor.ledger.enter(noEdge.start);
      return actor.handlers.onStart?.();
    };
    this.#begin(actor, () => {
      const stopping = this.callOnStop(actor);
      return stopping === undefined ? begin() : stopping.then(begin);
    });
  }

  /** The actor is busy until it has begun. */
  #begin(actor: Actor, begin: () => void | Promise<void>): void {
    const host = this.#host;
    actor.isBusy = true;
    actor.busySinceMs = host.look();
    actor.ledger.enter(noEdge.start);
    actor.latches?.open(host.stepNs(actor));
    const begun = (thrown: { readonly error: unknown } | undefined): void => {
      actor.ledger.leave();
      if (actor.phase !== 'running') return;
      actor.isBusy = false;
      host.look();
      host.traceCall(actor, 'start', undefined, actor.busySinceMs, thrown === undefined);
      actor.latches?.settle(thrown === undefined, host.timeNs());
      if (thrown === undefined) this.#run(actor);
      else this.fail(actor, 'start', undefined, thrown.error);
      host.strike();
      host.bell.ring();
    };
    try {
      const beginning = begin();
      if (beginning === undefined) {
        begun(undefined);
        return;
      }
      actor.ledger.pend();
      beginning.then(
        () => begun(undefined),
        (error: unknown) => begun({ error }),
      );
    } catch (error) {
      begun({ error });
    }
  }

  #run(actor: Actor): void {
    const { index } = actor.plan;
    actor.attempts.start = undefined;
    // Under a clock with rounds ticks are presented, not looked for.
    if (actor.ticker?.isOn === false && this.#host.turn === undefined)
      beginTicks(actor, actor.ticker, this.#host);
    if (actor.handlers.onMode !== undefined) actor.gates |= gate.call;
    actor.snapshotMs = this.#host.stateMs();
    this.#host.upcall({ type: 'actorState', actor: index, state: 'running' });
  }

  /** Supervision `stop`: inputs are detached, outputs end, the rest of the graph goes on. */
  #detach(actor: Actor): void {
    actor.phase = 'stopped';
    actor.ticker?.end();
    actor.isBusy = true;
    actor.busySinceMs = this.#host.nowMs;
    actor.ledger.enter(noEdge.stop);
    const end = (): void => {
      actor.isBusy = false;
      actor.ledger.leave();
      for (const { reader } of actor.inlets) reader.detach();
      for (const outlet of actor.outlets) outlet.end();
      this.#host.upcall({ type: 'actorState', actor: actor.plan.index, state: 'stopped' });
      this.#host.strike();
      this.#host.bell.ring();
    };
    const stopping = this.callOnStop(actor);
    if (stopping === undefined) end();
    else {
      actor.ledger.pend();
      void stopping.then(end);
    }
  }
}

/** From now on; or behind the last tick of a predecessor on another thread: what came since is dropped. */
function beginTicks({ gauges }: Actor, ticker: Ticker, { ticks, clock }: Host): void {
  const next = gauges.counts[actorCount.nextTick] as number;
  if (next === 0) ticks.begin(ticker, Math.max(0, clock.nowNs()));
  else ticker.begin(next, gauges.counts[actorCount.tickTimeNs] as number);
}

/** How often this work has been tried; another input than last time has not been tried yet. */
function attemptsOf(actor: Actor, work: Work, inlet: Inlet | undefined): Attempts {
  if (inlet === undefined) return (actor.attempts[work as Exclude<Work, 'input'>] ??= noAttempts());
  const { attempts, reader } = inlet;
  if (attempts.position !== reader.handled) {
    attempts.position = reader.handled;
    attempts.tries = 0;
  }
  return attempts;
}

function increase(actor: Actor, index: number): void {
  const { counts } = actor.gauges;
  counts[index] = (counts[index] as number) + 1;
}
