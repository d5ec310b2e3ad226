import { LatchReader } from '@troupe/mailbox';
import type { SharedRun } from '../drivers/messages.ts';
import { EventTable } from '../events/event-table.ts';
import type { Asked, OnAsked, TakerPlace } from '../events/event-table.ts';
import type { Plan } from '../plan/types.ts';
import type { DeedEntry, LatchValueEntry } from '../recording/entries.ts';
import type { LiveEvents } from './events.ts';
import { mayBeLeftOut } from './outside.ts';

interface Asker {
  readonly stage: string;
  readonly event: string;
}

/** A toggleable stage: it takes activations when it is called, without asking. */
interface Taker extends Asker {
  readonly place: TakerPlace;
  seen: number;
}

interface Watched {
  readonly latch: string;
  readonly dtype: Plan['latches'][number]['dtype'];
  readonly reader: LatchReader;
  seen: number;
}

/**
 * What stages that a replay may leave out do beside emitting: how they change events, what they write into
 * latches. Read on main; docs/recording.md.
 */
export class Deeds {
  readonly #table: EventTable;
  readonly #askers = new Map<number, Asker>();
  readonly #takers: Taker[] = [];
  readonly #watched: Watched[] = [];
  #waiting: (DeedEntry | LatchValueEntry)[] = [];

  /** Begins with what is done from now on, and the latches as they are. */
  constructor(plan: Plan, shared: SharedRun, events: LiveEvents, clock: { nowNs(): number }) {
    this.#table = new EventTable(shared.events, plan.events);
    for (const actor of plan.actors.filter((each) => mayBeLeftOut(plan, each))) {
      const { name: stage, control } = actor;
      const nameOf = (event: number): string => plan.events[event]?.name ?? '';
      for (const { event, asker } of actor.events) this.#askers.set(asker, { stage, event: nameOf(event) });
      if (control?.form === 'toggleable') {
        const seen = this.#table.taken(control);
        this.#takers.push({ stage, event: nameOf(control.event), place: control, seen });
      }
      for (const { latch, isWritten } of actor.latches) {
        const { name, dtype } = plan.latches[latch] ?? {};
        if (!isWritten || name === undefined || dtype === undefined) continue;
        const reader = new LatchReader(shared.latches[latch] as SharedArrayBuffer, clock);
        this.#watched.push({ latch: name, dtype, reader, seen: reader.taken });
      }
    }
    events.onAsked = this.#onAsked;
    if (this.#table.isStepped) return;
    // What has been noted for somebody else is not meant.
    this.#table.collect(() => undefined);
    this.#table.note();
  }

  /**
   * What has been done since the last call; under a clock of steps what has taken effect since then, or will
   * with the next step. Its entries say step 0.
   */
  look(): readonly (DeedEntry | LatchValueEntry)[] {
    if (!this.#table.isStepped) this.#table.collect(this.#onAsked);
    for (const taker of this.#takers) {
      const taken = this.#table.taken(taker.place);
      if (taken !== taker.seen)
        this.#add(taker, { sets: 0, resets: (taken - taker.seen) >>> 0, isCleared: false });
      taker.seen = taken;
    }
    for (const watched of this.#watched) {
      const { latch, dtype, reader } = watched;
      reader.take(Infinity);
      if (reader.taken === watched.seen) continue;
      watched.seen = reader.taken;
      const payload = { kind: 'frame', dtype, frame: reader.frame.slice() } as const;
      this.#waiting.push({ type: 'latch', step: 0, latch, time: reader.timeNs, payload });
    }
    const found = this.#waiting;
    if (found.length > 0) this.#waiting = [];
    return found;
  }

  readonly #onAsked: OnAsked = (_event, asker, asked) => {
    const by = this.#askers.get(asker);
    if (by !== undefined) this.#add(by, asked);
  };

  #add({ stage, event }: Asker, asked: Asked): void {
    this.#waiting.push({ type: 'deed', step: 0, stage, event, ...asked });
  }
}
