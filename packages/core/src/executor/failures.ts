import { actorCount } from '@troupe/mailbox';
import { errorToWire } from '../drivers/error-wire.ts';
import { HandlerError, RestartLimitError } from '../errors.ts';
import { account } from './accounts.ts';
import type { Actor, Inlet, Work } from './actor.ts';
import type { Host } from './host.ts';
import { createHandlers } from './lifecycle.ts';
import { closeWork, deadLetterOf } from './readiness.ts';
import { judgeFailure } from './supervise.ts';

/** What happens to an actor whose handler threw, and how actors come to their end. */
export class Failures {
  readonly #host: Host;

  constructor(host: Host) {
    this.#host = host;
  }

  /** Discards what the failed call emitted, and does what the stage's supervision says. */
  fail(actor: Actor, work: Work, inlet: Inlet | undefined, error: unknown): void {
    const { name, supervision, index } = actor.plan;
    for (const outlet of actor.outlets) outlet.rollback();
    inlet?.reader.rewind();
    increase(actor, actorCount.failed);
    const failure = new HandlerError(name, work, inlet?.port, error);
    const verdict = judgeFailure(actor.failures, supervision, this.#host.nowMs);
    if (verdict.action === 'stop') {
      this.#host.log(actor, `stopped after a failure: ${failure.message}`);
      this.#detach(actor);
      return;
    }
    // A source that fails again and again has no message that could be given up.
    if (verdict.action === 'escalate' || (work === 'demand' && verdict.isGivenUp)) {
      actor.phase = 'stopped';
      const fatal = verdict.isBeyondRestarts ? new RestartLimitError(name, supervision, failure) : failure;
      this.#host.upcall({ type: 'fatal', error: errorToWire(fatal) });
      return;
    }
    if (verdict.isGivenUp) this.#giveUp(actor, work, inlet, failure);
    actor.isRecreated = verdict.action === 'recreate';
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

  /** The end of an actor's stream: `onStop`, then its outputs end. */
  finish(actor: Actor): void {
    actor.isBusy = true;
    actor.busySinceMs = this.#host.nowMs;
    const end = (): void => {
      actor.isBusy = false;
      if (actor.phase !== 'running') return;
      actor.phase = 'ended';
      this.#host.commit(actor);
      for (const outlet of actor.outlets) outlet.end();
      this.#host.upcall({ type: 'actorState', actor: actor.plan.index, state: 'ended' });
      this.#host.bell.ring();
    };
    const stopping = this.callOnStop(actor);
    if (stopping === undefined) end();
    else void stopping.then(end);
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
    if (inlet !== undefined) {
      inlet.reader.settle();
      account(actor, inlet, 0, 0, this.#host);
      this.#host.commit(actor);
    }
    closeWork(actor, work);
    if (letter === undefined) return;
    increase(actor, actorCount.deadLettered);
    this.#host.upcall({ type: 'deadLetter', letter, error: errorToWire(failure) });
  }

  /** A new instance of the stage, from its last snapshot. The actor is busy until it has started. */
  #recreate(actor: Actor): void {
    const host = this.#host;
    actor.isRecreated = false;
    actor.isBusy = true;
    actor.busySinceMs = host.nowMs;
    increase(actor, actorCount.restarts);
    const since = actor.gauges.counts[actorCount.snapshotAge] as number;
    host.log(actor, `recreated ${actor.snapshot === undefined ? 'without a snapshot' : `from a snapshot ${since} inputs ago`}`);
    const begin = (): void | Promise<void> => {
      actor.handlers = createHandlers(actor);
      return actor.handlers.onStart?.();
    };
    const started = (thrown: { readonly error: unknown } | undefined): void => {
      if (actor.phase !== 'running') return;
      actor.isBusy = false;
      host.look();
      if (thrown !== undefined) this.fail(actor, 'start', undefined, thrown.error);
      else host.upcall({ type: 'actorState', actor: actor.plan.index, state: 'running' });
      host.bell.ring();
    };
    try {
      const stopping = this.callOnStop(actor);
      const starting = stopping === undefined ? begin() : stopping.then(begin);
      if (!(starting instanceof Promise)) started(undefined);
      else starting.then(() => started(undefined), (error: unknown) => started({ error }));
    } catch (error) {
      started({ error });
    }
  }

  /** Supervision `stop`: inputs are detached, outputs end, the rest of the graph goes on. */
  #detach(actor: Actor): void {
    actor.phase = 'stopped';
    const end = (): void => {
      for (const { reader } of actor.inlets) reader.detach();
      for (const outlet of actor.outlets) outlet.end();
      this.#host.upcall({ type: 'actorState', actor: actor.plan.index, state: 'stopped' });
      this.#host.bell.ring();
    };
    const stopping = this.callOnStop(actor);
    if (stopping === undefined) end();
    else void stopping.then(end);
  }
}

function increase(actor: Actor, index: number): void {
  const { counts } = actor.gauges;
  counts[index] = (counts[index] as number) + 1;
}
