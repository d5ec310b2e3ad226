import {
  allocateMessageRing,
  allocateTapControl,
  FrameReader,
  MessageReader,
  TapControl,
} from '@troupe/mailbox';
import type { TapWire } from '../drivers/messages.ts';
import { TargetError } from '../errors.ts';
import type { Timer } from '../executor/thread-time.ts';
import { arenaBytes } from '../plan/sizes.ts';
import type { ActorPlan, OutletPlan, Plan, PortName } from '../plan/types.ts';
import { ByteBudget } from './byte-budget.ts';
import type { LiveRunParts } from './live-parts.ts';
import { LiveTap } from './tap.ts';
import type { LiveTapParts } from './tap.ts';
import { edgesBetween } from './targets.ts';
import type { Sample, Tap, TapOptions, TapTarget } from './types.ts';

/** Messages that the ring of a tap on values holds. */
const capacity = 64;
/** Larger values are not shown. */
const bytesMax = 1_048_576;

export interface TapsParts extends Pick<
  LiveRunParts,
  'plan' | 'shared' | 'crew' | 'executor' | 'world' | 'bells'
> {
  /** A callback threw where nobody could catch it. */
  readonly onError: (error: Error) => void;
}

/** All who watch outputs of a run. */
export class Taps {
  readonly #parts: TapsParts;
  readonly #open = new Map<LiveTap, Timer | undefined>();
  #next = 0;

  constructor(parts: TapsParts) {
    this.#parts = parts;
  }

  /** Throws `TargetError`. */
  open(target: TapTarget, callback: (sample: Sample) => void, options: TapOptions): Tap {
    checkOptions(options);
    const { plan, world, bells } = this.#parts;
    const { actor, outlet } = tapped(plan, target);
    const { everyMs, bytesPerSecondMax } = options;
    const newest = everyMs === undefined ? undefined : (options.newest ?? 1);
    const common = {
      newest,
      callback,
      budget:
        bytesPerSecondMax === undefined ? undefined : new ByteBudget(bytesPerSecondMax, () => world.nowMs()),
    };
    const tap =
      outlet.kind === 'frame' ? this.#openFrames(outlet, common) : this.#openValues(actor, outlet, common);
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

  #openFrames(outlet: OutletPlan, common: Pick<LiveTapParts, 'newest' | 'callback' | 'budget'>): LiveTap {
    const ring = this.#parts.shared.rings[outlet.primary ?? -1] as SharedArrayBuffer;
    const reader = new FrameReader(ring, readerOptions(common.newest));
    return new LiveTap({ ...common, reader, control: undefined, onClose: (tap) => this.#forget(tap) });
  }

  /** The writer gets one more ring to write into. */
  #openValues(
    actor: ActorPlan,
    outlet: OutletPlan,
    common: Pick<LiveTapParts, 'newest' | 'callback' | 'budget'>,
  ): LiveTap {
    const { crew, executor } = this.#parts;
    const most = Math.min(bytesMax, outlet.maxBytes ?? bytesMax);
    const ring = allocateMessageRing({ capacity, bytesMax: most, arenaBytes: arenaBytes(capacity, 1, most) });
    const control = new TapControl(allocateTapControl());
    const reader = new MessageReader(ring, readerOptions(common.newest));
    const id = this.#next++;
    const { newest } = common;
    const tap: TapWire = {
      id,
      actor: actor.index,
      port: outlet.port,
      ring,
      control: control.memory,
      isSampled: newest !== undefined,
    };
    const onClose = (closed: LiveTap): void => {
      this.#forget(closed);
      const which = { id, actor: actor.index, port: outlet.port };
      if (actor.worker === 0) executor.unwatch(which);
      else crew.orders.revoke(`tap ${id}`, { type: 'untap', tap: which });
    };
    const live = new LiveTap({ ...common, reader, control, onClose });
    if (actor.worker === 0) executor.watch(tap);
    else crew.orders.give(`tap ${id}`, actor.worker, { type: 'tap', tap });
    return live;
  }

  #forget(tap: LiveTap): void {
    this.#open.get(tap)?.cancel();
    this.#open.delete(tap);
  }
}

/** A sampled tap is not rung, and keeps no more than it shows. */
function readerOptions(newest: number | undefined): ConstructorParameters<typeof FrameReader>[1] {
  if (newest === undefined) return { policy: 'dropOldest', bell: 0 };
  return { policy: 'dropOldest', capacity: newest };
}

function tapped(plan: Plan, target: TapTarget): { readonly actor: ActorPlan; readonly outlet: OutletPlan } {
  if ('from' in target) edgesBetween(plan, target.from, target.to);
  const { stage, port }: PortName = 'from' in target ? target.from : target;
  const actor = plan.actors.find(({ name }) => name === stage);
  const outlet = actor?.outlets.find((candidate) => candidate.port === port);
  if (actor !== undefined && outlet !== undefined) return { actor, outlet };
  throw new TargetError(
    `'${stage}.${port}' cannot be tapped: there is no such output`,
    'Tap an output of a stage of this graph.',
    port,
  );
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
