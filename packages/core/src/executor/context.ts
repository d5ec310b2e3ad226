import { actorCount } from '@troupe/mailbox';
import type { ActorGauges, Doorbell } from '@troupe/mailbox';
import { errorToWire } from '../drivers/error-wire.ts';
import type { Upcall } from '../drivers/messages.ts';
import type { ThreadEvents } from '../events/event-handle.ts';
import type { StageModes } from '../modes/types.ts';
import type { ActorPlan } from '../plan/types.ts';
import type { StageContext } from '../stage.ts';
import { postsMax } from './actor.ts';
import type { ThreadModes } from './gates.ts';
import type { ActorLatches } from './latches.ts';
import { seededRandom } from './random.ts';
import type { WallClock } from './wall-clock.ts';

/** What an actor's surroundings are made of. */
interface ContextParts {
  readonly plan: ActorPlan;
  readonly options: unknown;
  readonly posts: unknown[];
  readonly gauges: ActorGauges;
  readonly latches: ActorLatches | undefined;
  readonly events: ThreadEvents;
  readonly modes: ThreadModes;
  /** Of the actor's thread. */
  readonly bell: Doorbell;
  readonly clock: WallClock;
  readonly seed: number;
  readonly upcall: Upcall;
}

/** What `create` of a stage gets. */
export function contextOf(parts: ContextParts): StageContext {
  const { plan, options, posts, gauges, latches, events, bell, clock, seed, upcall } = parts;
  return {
    name: plan.name,
    options,
    events: events.handlesOf(plan.name, plan.events),
    latches: latches?.handles ?? {},
    modes: new ActorModes(parts),
    random: seededRandom(seed, plan.name),
    now: () => clock.nowNs(),
    log: (message, fields) => {
      const line = { stage: plan.name, timeNs: clock.nowNs(), message, fields };
      upcall({ type: 'log', line });
    },
    post: (value) => {
      if (posts.length >= postsMax) {
        gauges.counts[actorCount.droppedPosts] = (gauges.counts[actorCount.droppedPosts] as number) + 1;
        return false;
      }
      posts.push(value);
      bell.ring();
      return true;
    },
  };
}

/** A class: a literal with an accessor would be a dictionary, 350 bytes more for each actor. */
class ActorModes implements StageModes {
  readonly end: StageModes['end'];
  readonly #modes: ThreadModes;

  constructor({ plan, modes, upcall }: ContextParts) {
    this.#modes = modes;
    this.end = (error) => {
      const { epoch } = modes.gates;
      const wire = error === undefined ? undefined : errorToWire(error);
      upcall({ type: 'modeEnd', actor: plan.index, epoch, error: wire });
    };
  }

  get current(): string {
    return this.#modes.gates.mode;
  }
}
