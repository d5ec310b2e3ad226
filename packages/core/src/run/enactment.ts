import { LatchWriter } from '@troupe/mailbox';
import type { SharedRun } from '../drivers/messages.ts';
import type { Plan } from '../plan/types.ts';
import type { DeedEntry, LatchValueEntry } from '../recording/entries.ts';
import type { LiveEvents } from './events.ts';

export interface EnactmentParts {
  /** Of the graph as it was recorded. */
  readonly plan: Plan;
  readonly shared: SharedRun;
  readonly events: LiveEvents;
  /** Stages that do nothing themselves. */
  readonly leftOut: readonly string[];
}

/** Does in a replay what stages that are left out of it did to events and latches. */
export class Enactment {
  readonly #events: LiveEvents;
  readonly #leftOut: ReadonlySet<string>;
  /** Of the latches that such a stage wrote: it has no other writer now. */
  readonly #latches = new Map<string, LatchWriter>();

  constructor({ plan, shared, events, leftOut }: EnactmentParts) {
    this.#events = events;
    this.#leftOut = new Set(leftOut);
    for (const [index, { name, writer }] of plan.latches.entries()) {
      if (!this.#leftOut.has(plan.actors[writer]?.name ?? '')) continue;
      this.#latches.set(name, new LatchWriter(shared.latches[index] as SharedArrayBuffer));
    }
  }

  /** Within a step, before or between its rounds: it takes effect behind that step. */
  during(step: number, deeds: readonly (DeedEntry | LatchValueEntry)[]): void {
    for (const deed of deeds) {
      if (deed.type === 'latch') this.#write(deed, step);
      else if (this.#leftOut.has(deed.stage)) this.#events.ask(deed.event, deed);
    }
  }

  /** Between two steps: it has taken effect in the next one. `step`: the one before. */
  between(step: number, deeds: readonly (DeedEntry | LatchValueEntry)[]): void {
    for (const deed of deeds) {
      if (deed.type === 'latch') this.#write(deed, step);
      else if (this.#leftOut.has(deed.stage)) this.#events.enact(deed.event, deed);
    }
  }

  #write({ latch, time, payload }: LatchValueEntry, step: number): void {
    const writer = this.#latches.get(latch);
    if (writer === undefined || payload.kind !== 'frame') return;
    writer.writeAt(payload.frame, time, step);
  }
}
