import { Envelope, FrameReader, MessageReader } from '@troupe/mailbox';
import type { Doorbell } from '@troupe/mailbox';
import { TroupeError } from '@troupe/mailbox';
import type { SharedRun } from '../drivers/messages.ts';
import { isRecorder } from '../plan/recorders.ts';
import type { ActorPlan, OutletPlan, Plan } from '../plan/types.ts';
import type { Payload } from '../recording/entries.ts';

/** A message as a stage emitted it. */
export interface Collected {
  readonly stage: string;
  readonly port: string;
  readonly seq: number;
  readonly time: number;
  readonly payload: Payload;
}

interface Source {
  readonly actor: ActorPlan;
  readonly outlet: OutletPlan;
  readonly reader: FrameReader | MessageReader;
  readonly waiting: Collected[];
}

/**
 * Everything that all stages of a run emit, read on main: nothing is missed, so the writers wait for it. What
 * has come is handed out in the order of stages, ports and numbers.
 */
export class Collector {
  readonly #sources: readonly Source[];
  readonly #envelope = new Envelope();
  readonly #ended = new Set<number>();

  /** Begins with what is emitted from now on. Throws where an output of values was not planned to be read. */
  constructor(plan: Plan, shared: SharedRun, bells: readonly Doorbell[]) {
    const missing: string[] = [];
    const open = (actor: ActorPlan, outlet: OutletPlan): FrameReader | MessageReader | undefined => {
      if (outlet.kind === 'frame') {
        const ring = plan.rings[outlet.primary ?? -1];
        const buffer = shared.rings[outlet.primary ?? -1];
        if (ring === undefined || buffer === undefined) return undefined;
        return new FrameReader(buffer, { policy: 'block', capacity: ring.slots, bell: 0, bells });
      }
      const edge = outlet.edges.map((index) => plan.edges[index]).find((each) => each && isRecorder(each.to));
      const buffer = shared.rings[edge?.ring ?? -1];
      if (edge !== undefined && buffer !== undefined) {
        return new MessageReader(buffer, { policy: 'block', capacity: edge.capacity, bell: 0, bells });
      }
      missing.push(`${actor.name}.${outlet.port}`);
      return undefined;
    };
    this.#sources = plan.actors.flatMap((actor) =>
      actor.outlets.flatMap((outlet) => {
        const reader = open(actor, outlet);
        return reader === undefined ? [] : { actor, outlet, reader, waiting: [] };
      }),
    );
    if (missing.length === 0) return;
    this.close();
    throw new TroupeError(`the values of ${missing.join(', ')} cannot be recorded`, {
      code: 'NOT_RECORDABLE',
      remedy: 'Start the graph with `recordable: true` (or `record: <path>`), or with a paced or fast clock.',
    });
  }

  /** Takes what has come. False when nothing had. */
  pump(): boolean {
    let hasCome = false;
    const envelope = this.#envelope;
    for (const { actor, outlet, reader, waiting } of this.#sources) {
      let count = 0;
      while (reader.take(envelope)) {
        reader.settle();
        const { frame, value, seq, time } = envelope;
        const payload: Payload =
          frame === undefined || outlet.dtype === undefined
            ? { kind: 'value', value }
            : { kind: 'frame', dtype: outlet.dtype, frame: frame.slice() };
        waiting.push({ stage: actor.name, port: outlet.port, seq, time, payload });
        count++;
      }
      if (count === 0) continue;
      hasCome = true;
      reader.release();
      reader.nudge();
    }
    return hasCome;
  }

  hasWork(): boolean {
    return this.#sources.some(({ reader }) => reader.available() > 0);
  }

  /** Stages without any more to emit; each is named once. */
  *ended(): Generator<ActorPlan> {
    for (const { actor, reader } of this.#sources) {
      if (this.#ended.has(actor.index) || !reader.hasEnded()) continue;
      this.#ended.add(actor.index);
      yield actor;
    }
  }

  /** Hands out what has been taken. */
  flush(take: (message: Collected, actor: ActorPlan) => void): void {
    for (const { actor, waiting } of this.#sources)
      for (const message of waiting.splice(0)) take(message, actor);
  }

  /** Holds no writer back any more. */
  close(): void {
    for (const { reader } of this.#sources) reader.detach();
  }
}
