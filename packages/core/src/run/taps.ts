import {
  allocateMessageRing,
  allocateTapControl,
  FrameReader,
  MessageReader,
  MessageTap,
  TapControl,
} from '@troupe/mailbox';
import type { TapWire } from '../drivers/messages.ts';
import { TargetError } from '../errors.ts';
import type { Timer } from '../executor/thread-time.ts';
import { arenaBytes } from '../plan/sizes.ts';
import type { ActorPlan, BoundaryPlan, OutletPlan, Plan, PortName } from '../plan/types.ts';
import type { BoundaryInput } from './boundary-input.ts';
import { ByteBudget } from './byte-budget.ts';
import type { LiveRunParts } from './live-parts.ts';
import { LiveTap } from './tap.ts';
import type { LiveTapParts } from './tap.ts';
import { boundaryOf, edgesBetween } from './targets.ts';
import type { Tap, TapOptions, TappedSample, TapTarget } from './types.ts';

/** Messages that the ring of a tap on values holds. */
const capacity = 64;
/** Larger values are not shown. */
const bytesMax = 1_048_576;

export interface TapsParts extends Pick<
  LiveRunParts,
  'plan' | 'shared' | 'crew' | 'executor' | 'inputs' | 'world' | 'bells'
> {
  /** A callback threw where nobody could catch it. */
  readonly onError: (error: Error) => void;
}

/** Who writes what is tapped: an actor, or the application. */
type Tapped = TappedOutput | TappedInput;

interface TappedOutput {
  readonly kind: 'output';
  readonly actor: ActorPlan;
  readonly outlet: OutletPlan;
}

interface TappedInput {
  readonly kind: 'input';
  readonly plan: BoundaryPlan;
  readonly input: BoundaryInput;
}

type CommonParts = Omit<LiveTapParts, 'reader' | 'control' | 'onClose'>;

/** All who watch outputs and inputs of a run. */
export class Taps {
  readonly #parts: TapsParts;
  readonly #open = new Map<LiveTap, Timer | undefined>();
  #next = 0;

  constructor(parts: TapsParts) {
    this.#parts = parts;
  }

  /** Throws `TargetError`. */
  open(target: TapTarget, callback: (sample: TappedSample) => void, options: TapOptions): Tap {
    checkOptions(options);
    const { plan, world, bells, inputs } = this.#parts;
    const tapped = writerOf(plan, inputs, target);
    const { everyMs, bytesPerSecondMax } = options;
    const newest = everyMs === undefined ? undefined : (options.newest ?? 1);
    const common = {
      newest,
      isRealtime: plan.clock === 'realtime',
      callback,
      budget:
        bytesPerSecondMax === undefined ? undefined : new ByteBudget(bytesPerSecondMax, () => world.nowMs()),
    };
    const ring = frameRingOf(tapped);
    const tap = ring === undefined ? this.#openValues(tapped, common) : this.#openFrames(ring, common);
    const look = (): void => {
      try {
        tap.look();
      } catch (error) {
        this.#parts.onError(error as Error);
      }
    };
    this.#open.set(tap, everyMs === undefined ? undefined : world.every(everyMs, look));
    bells[0]?.ring();
    return tap;
  }

  /** False when nothing had arrived. */
  pump(): boolean {
    let isProgress = false;
    for (const tap of this.#open.keys()) isProgress = tap.pump() || isProgress;
    return isProgress;
  }

  hasWork(): boolean {
    for (const tap of this.#open.keys()) if (tap.hasWork()) return true;
    return false;
  }

  /** Shows what is left: no more will come. */
  finish(): void {
    for (const tap of this.#open.keys()) {
      if (tap.isSampled) tap.look();
      else while (tap.pump());
    }
  }

  close(): void {
    for (const tap of this.#open.keys()) tap.close();
  }

  #openFrames(index: number, common: CommonParts): LiveTap {
    const ring = this.#parts.shared.rings[index] as SharedArrayBuffer;
    const reader = new FrameReader(ring, readerOptions(common.newest));
    return new LiveTap({ ...common, reader, control: undefined, onClose: (tap) => this.#forget(tap) });
  }

  /** The writer gets one more ring to write into. */
  #openValues(tapped: Tapped, common: CommonParts): LiveTap {
    const most = Math.min(bytesMax, largestOf(this.#parts.plan, tapped));
    const ring = allocateMessageRing({ capacity, bytesMax: most, arenaBytes: arenaBytes(capacity, 1, most) });
    const control = new TapControl(allocateTapControl());
    const reader = new MessageReader(ring, readerOptions(common.newest));
    const id = this.#next++;
    const onClose = (closed: LiveTap): void => {
      this.#forget(closed);
      if (tapped.kind === 'input') tapped.input.unwatch(id);
      else this.#unwatch(tapped, id);
    };
    const live = new LiveTap({ ...common, reader, control, onClose });
    const memory = { ring, control: control.memory };
    const isSampled = common.newest !== undefined;
    if (tapped.kind === 'output') this.#watch(tapped, { id, ...memory, isSampled });
    else tapped.input.watch(new MessageTap(id, memory, isSampled, this.#parts.bells));
    return live;
  }

  #watch({ actor, outlet: { port } }: TappedOutput, parts: Omit<TapWire, 'actor' | 'port'>): void {
    const { crew, executor } = this.#parts;
    const tap: TapWire = { ...parts, actor: actor.index, port };
    if (actor.worker === 0) executor.watch(tap);
    else crew.orders.give(`tap ${tap.id}`, actor.worker, { type: 'tap', tap });
  }

  #unwatch({ actor, outlet: { port } }: TappedOutput, id: number): void {
    const { crew, executor } = this.#parts;
    const tap = { id, actor: actor.index, port };
    if (actor.worker === 0) executor.unwatch(tap);
    else crew.orders.revoke(`tap ${id}`, { type: 'untap', tap });
  }

  #forget(tap: LiveTap): void {
    this.#open.get(tap)?.cancel();
    this.#open.delete(tap);
  }
}

/** A sampled tap is not rung, and keeps no more than it shows. */
function readerOptions(newest: number | undefined): ConstructorParameters<typeof FrameReader>[1] {
  const options = { policy: 'dropOldest', isWatching: true } as const;
  return newest === undefined ? { ...options, bell: 0 } : { ...options, capacity: newest };
}

function writerOf(plan: Plan, inputs: TapsParts['inputs'], target: TapTarget): Tapped {
  if ('input' in target) {
    const input = boundaryOf(inputs, target.input, 'input');
    return { kind: 'input', plan: input.plan, input };
  }
  if ('from' in target) edgesBetween(plan, target.from, target.to);
  const { stage, port }: PortName = 'from' in target ? target.from : target;
  const actor = plan.actors.find(({ name }) => name === stage);
  const outlet = actor?.outlets.find((candidate) => candidate.port === port);
  if (actor !== undefined && outlet !== undefined) return { kind: 'output', actor, outlet };
  throw new TargetError(
    `'${stage}.${port}' cannot be tapped: there is no such output`,
    'Tap an output of a stage of this graph, or one of its inputs: { input }.',
    port,
  );
}

/** The ring that frames are written into; `undefined` for values. */
function frameRingOf(tapped: Tapped): number | undefined {
  if (tapped.kind === 'output') return tapped.outlet.primary;
  return tapped.plan.kind === 'frame' ? tapped.plan.ring : undefined;
}

/** The most bytes that a value can have. */
function largestOf(plan: Plan, tapped: Tapped): number {
  if (tapped.kind === 'output') return tapped.outlet.maxBytes ?? Infinity;
  const ring = plan.rings[tapped.plan.ring];
  return ring?.kind === 'message' ? ring.bytesMax : Infinity;
}

function checkOptions({ everyMs, newest, bytesPerSecondMax }: TapOptions): void {
  const refuse = (what: string, remedy: string): never => {
    throw new TargetError(`a tap with ${what}`, remedy);
  };
  if (everyMs !== undefined && !(everyMs >= 1 && everyMs < 2 ** 31))
    refuse(`everyMs ${everyMs}`, 'Give at least 1 millisecond.');
  if (newest !== undefined && everyMs === undefined)
    refuse('newest, but without everyMs', 'Say how often it looks, or leave `newest` out.');
  if (newest !== undefined && !(Number.isInteger(newest) && newest >= 1 && newest <= capacity))
    refuse(`newest ${newest}`, `Give a whole number from 1 to ${capacity}.`);
  if (bytesPerSecondMax !== undefined && !(bytesPerSecondMax > 0))
    refuse(`bytesPerSecondMax ${bytesPerSecondMax}`, 'Give a number of bytes above 0.');
}
