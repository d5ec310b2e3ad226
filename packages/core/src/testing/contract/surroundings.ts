import { allocateFrame, frameLength } from '@troupe/mailbox';
import type { FrameArray } from '@troupe/mailbox';
import type { EventHandle } from '../../events/event-handle.ts';
import { postsMax } from '../../executor/actor.ts';
import { seededRandom } from '../../executor/random.ts';
import type { FramePort } from '../../ports.ts';
import type { AnyStage, LatchWriting, StageContext } from '../../stage.ts';

/** The name by which a stage is tried, in plays and in graphs: its `random` is seeded by it. */
export const trialName = 'stage';
/** The seed of the run. */
export const trialSeed = 0;

/** What surrounds an actor, without a run. It outlives the actor's instances. */
export class Surroundings {
  readonly posts: unknown[] = [];
  hasPosted = false;
  mode: string;
  timeNs = 0;
  readonly #events: Readonly<Record<string, EventHandle>>;
  readonly #latches: Readonly<Record<string, LatchWriting>>;

  constructor(stage: AnyStage, mode: string) {
    this.mode = mode;
    this.#events = Object.fromEntries(eventNames(stage).map((name) => [name, new MemoryEvent(name)]));
    const latches = Object.entries<FramePort>(stage.latches ?? {});
    this.#latches = Object.fromEntries(latches.map(([name, port]) => [name, this.#latch(port)]));
  }

  /** For a new instance: its `random` begins anew, as in the successor of a dead worker. */
  context(options: unknown): StageContext {
    const mode = (): string => this.mode;
    return {
      name: trialName,
      options,
      random: seededRandom(trialSeed, trialName),
      now: () => this.timeNs,
      log: () => undefined,
      events: this.#events,
      latches: this.#latches,
      modes: {
        get current() {
          return mode();
        },
        end: () => undefined,
      },
      post: (value) => {
        this.hasPosted = true;
        if (this.posts.length >= postsMax) return false;
        this.posts.push(value);
        return true;
      },
    };
  }

  #latch({ dtype, shape }: FramePort): LatchWriting {
    const held = allocateFrame(dtype, frameLength(shape));
    let time = -1;
    return {
      read: () => held,
      get time() {
        return time;
      },
      write: (value: FrameArray) => {
        (held as Float64Array).set(value as Float64Array);
        time = this.timeNs;
      },
    };
  }
}

/** The names by which a stage knows events. */
export function eventNames({ events }: AnyStage): readonly string[] {
  if (events === undefined) return [];
  return Array.isArray(events) ? (events as readonly string[]) : Object.keys(events);
}

class MemoryEvent implements EventHandle {
  readonly name: string;
  count = 0;
  #waiting: ((isSet: boolean) => void)[] = [];

  constructor(name: string) {
    this.name = name;
  }

  isSet(): boolean {
    return this.count > 0;
  }

  set(): void {
    this.count += 1;
    for (const resolve of this.#waiting.splice(0)) resolve(true);
  }

  reset(): boolean {
    if (this.count === 0) return false;
    this.count -= 1;
    return true;
  }

  clear(): number {
    const cleared = this.count;
    this.count = 0;
    return cleared;
  }

  async wait(): Promise<boolean> {
    if (this.count > 0) return true;
    return new Promise((resolve) => this.#waiting.push(resolve));
  }
}
