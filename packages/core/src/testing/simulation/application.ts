import type { FrameArray } from '@troupe/mailbox';
import type { EdgePlan } from '../../plan/types.ts';
import { isOver } from '../../run/actor-states.ts';
import type { Replacement, Run, Sample } from '../../run/types.ts';
import type { Conducted } from './conduct.ts';
import { debugged } from './debugged.ts';
import type { Dice } from './dice.ts';
import { hashOf, mixed } from './dice.ts';
import type { PointFaultKind } from './fault-kinds.ts';
import { happened } from './trace.ts';

/** How the run has come to its end. */
export interface Ended {
  readonly reason: 'ended' | 'stopped' | 'failed';
  readonly error: Error | undefined;
  readonly replacements: readonly Replacement[];
}

/** How long a run goes on, in virtual ms, where it could go on by itself. */
export const untilMsDefault = 50;

/** The application of a simulated run: pushes, takes, asks for things, and ends it. */
export class Application {
  readonly outputs: Record<string, Sample[]> = {};
  readonly pushed: Record<string, number> = {};
  ended: Ended | undefined;
  /** It has been stopped at once: what was under way is lost. */
  #isCutShort = false;
  #isDraining = false;
  readonly #run: Run;
  readonly #conducted: Conducted;
  readonly #dice: Dice;
  readonly #untilMs: number;
  readonly #isStepped: boolean;
  readonly #feeds: {
    readonly port: string;
    readonly rest: Iterator<unknown>;
    next: IteratorResult<unknown>;
  }[];
  readonly #detached = new Set<string>();

  constructor(
    run: Run,
    conducted: Conducted,
    given: {
      readonly dice: Dice;
      readonly inputs: Readonly<Record<string, Iterable<unknown>>>;
      readonly untilMs: number | undefined;
      readonly isStepped: boolean;
    },
  ) {
    this.#run = run;
    this.#conducted = conducted;
    this.#dice = given.dice;
    // Where nothing comes but what is pushed, the end is when all of that has been handled.
    const isLive = run.plan.actors.some(({ inlets, tick }) => inlets.length === 0 || tick !== undefined);
    this.#untilMs = given.untilMs ?? (isLive ? untilMsDefault : Infinity);
    this.#isStepped = given.isStepped;
    this.#feeds = Object.entries(given.inputs).map(([port, data]) => {
      const rest = data[Symbol.iterator]();
      this.pushed[port] = 0;
      return { port, rest, next: rest.next() };
    });
    const { simulation } = conducted;
    for (const { name, edge } of run.plan.outputs) {
      const samples: Sample[] = [];
      this.outputs[name] = samples;
      run.onSample(name, (sample) => {
        samples.push(sample);
        const { step, timeMs, trace } = simulation;
        trace.note(step, timeMs, 0, happened.take, name, sample.seq, edge);
      });
    }
    this.#noteModes();
    run.done.then(
      ({ reason, replacements }) => (this.ended = { reason, error: undefined, replacements }),
      (error: Error) => (this.ended = { reason: 'failed', error, replacements: [] }),
    );
  }

  /** Everything that was sent has come to its end. */
  get isWhole(): boolean {
    if (this.#isCutShort || this.ended === undefined || this.ended.reason === 'failed') return false;
    return this.#run.stats().stages.every(({ state }) => state === 'ended');
  }

  /** After a point: pushes something, or does what a fault says. */
  act(): void {
    if (this.ended !== undefined) return;
    if (this.#feeds.length > 0 && !this.#isDraining && this.#dice.chance(0.2)) this.#push();
    const { simulation, watch } = this.#conducted;
    const place = { step: simulation.step, atMs: simulation.timeMs };
    watch.faults.ofPoint(place, (kind, pick) => {
      const about = this.#ask(kind, pick);
      if (about !== undefined) {
        simulation.wantsTurn = true;
        simulation.trace.note(place.step, place.atMs, 0, happened.fault, `${kind} ${about}`, 0);
      }
      return about;
    });
    if (!this.#isStepped && simulation.timeMs >= this.#untilMs) this.#drain();
  }

  /** Nobody can go on at this time. Whether that has changed. */
  rest(): boolean {
    if (this.ended !== undefined || this.#isDraining || this.#isCutShort) return false;
    const { simulation } = this.#conducted;
    if (this.#run.debug.state.held.length > 0) {
      simulation.wantsTurn = true;
      this.#run.debug.resume().catch(() => undefined);
      return true;
    }
    const before = simulation.step;
    if (this.#feeds.length > 0) {
      const count = this.#total();
      this.#push();
      if (this.#total() > count) return true;
    }
    const isWaiting = simulation.nextMs() < Infinity || simulation.isAwaiting;
    if (isWaiting && before >= 0) return false;
    this.#drain();
    return true;
  }

  /** Ends it at once. */
  stop(): void {
    if (this.ended !== undefined) return;
    this.#isCutShort = true;
    this.#conducted.watch.faults.isOn = false;
    this.#conducted.simulation.wantsTurn = true;
    this.#run.stop().catch(() => undefined);
  }

  /** What keeps it from its end. */
  complaint(): string {
    const stages = this.#run.stats().stages.filter(({ state }) => !isOver(state));
    const waiting = stages.map(({ name, state, depth }) => `'${name}' (${state}, ${depth} waiting)`);
    return `nobody can go on, and the run has not ended: ${waiting.join(', ')}`;
  }

  /** Of everything that has come out. */
  digest(): number {
    let digest = 0;
    for (const [port, samples] of Object.entries(this.outputs)) {
      digest = mixed(digest, hashOf(port));
      for (const { seq, time, frame, value } of samples) {
        digest = mixed(digest ^ seq, time | 0);
        digest = mixed(
          digest,
          frame === undefined ? hashOf(JSON.stringify(value) ?? '') : hashOfFrame(frame),
        );
      }
    }
    return digest;
  }

  /** The modes that are entered go into the trace. */
  #noteModes(): void {
    const { simulation } = this.#conducted;
    let isFirst = true;
    this.#run.modes.state$.subscribe((mode) => {
      if (!isFirst) simulation.trace.note(simulation.step, simulation.timeMs, 0, happened.mode, mode, 0);
      isFirst = false;
    });
  }

  #total(): number {
    return Object.values(this.pushed).reduce((sum, count) => sum + count, 0);
  }

  #push(): void {
    const feed = this.#feeds[this.#dice.below(this.#feeds.length)];
    if (feed === undefined) return;
    const { simulation } = this.#conducted;
    for (let burst = 1 + this.#dice.below(4); burst > 0 && feed.next.done !== true; burst--) {
      if (!this.#run.tryPush(feed.port, feed.next.value)) return;
      this.pushed[feed.port] = (this.pushed[feed.port] as number) + 1;
      simulation.trace.note(
        simulation.step,
        simulation.timeMs,
        0,
        happened.push,
        feed.port,
        this.pushed[feed.port] as number,
      );
      feed.next = feed.rest.next();
    }
    if (feed.next.done === true) this.#feeds.splice(this.#feeds.indexOf(feed), 1);
  }

  #drain(): void {
    if (this.#isDraining) return;
    this.#isDraining = true;
    this.#conducted.watch.faults.isOn = false;
    this.#conducted.simulation.wantsTurn = true;
    this.#run.stop({ drain: true }).catch(() => undefined);
  }

  #ask(kind: PointFaultKind, pick: (count: number) => number): string | undefined {
    const { plan } = this.#run;
    const forget = (doing: Promise<unknown>): void => void doing.catch(() => undefined);
    if (kind === 'stop') {
      this.#isCutShort = true;
      forget(this.#run.stop());
      return 'at once';
    }
    if (kind === 'hold') return debugged(this.#run, pick);
    if (kind === 'mode') {
      const mode = plan.modes.names[pick(plan.modes.names.length)];
      if (mode === undefined) return undefined;
      forget(this.#run.modes.request(mode));
      return mode;
    }
    if (kind === 'event') {
      const event = plan.events[pick(plan.events.length)]?.name;
      if (event === undefined) return undefined;
      const isSet = pick(2) === 0;
      forget(isSet ? this.#run.events.set(event) : this.#run.events.reset(event));
      return `${isSet ? 'set' : 'reset'} ${event}`;
    }
    const edges = plan.edges.filter(
      ({ from, to, overflow }) => from.kind === 'actor' && to.kind === 'actor' && overflow === 'block',
    );
    const edge = edges[pick(edges.length)];
    return edge === undefined ? undefined : this.#detach(edge);
  }

  /** Switches the readers between two ports between blocking and not. */
  #detach({ from, to }: EdgePlan): string | undefined {
    if (from.kind !== 'actor' || to.kind !== 'actor') return undefined;
    const { actors } = this.#run.plan;
    const nameOf = (end: typeof from): { stage: string; port: string } => ({
      stage: actors[end.actor]?.name ?? '?',
      port: end.port,
    });
    const target = { from: nameOf(from), to: nameOf(to) };
    const about = `${target.from.stage}.${target.from.port} to ${target.to.stage}.${target.to.port}`;
    const isBlocking = this.#detached.delete(about);
    if (!isBlocking) this.#detached.add(about);
    this.#conducted.watch.switchEdges(from, to);
    this.#run.setBlocking(target, isBlocking).catch(() => undefined);
    return `${isBlocking ? 'attach' : 'detach'} ${about}`;
  }
}

function hashOfFrame(frame: FrameArray): number {
  const bytes = new Uint8Array(frame.buffer, frame.byteOffset, frame.byteLength);
  let hash = bytes.length;
  for (const byte of bytes) hash = Math.imul(hash ^ byte, 0x01000193);
  return hash | 0;
}
