import type { RunDebug } from '../debug/types.ts';
import type { Plan } from '../plan/types.ts';

/** How long each stage has been held by a person, since somebody began to look. */
export class HeldTimes {
  readonly #nowMs: () => number;
  readonly #sinceMs: (number | undefined)[];
  readonly #heldMs: number[];

  constructor(plan: Plan, debug: RunDebug, nowMs: () => number) {
    this.#nowMs = nowMs;
    this.#sinceMs = plan.actors.map(() => undefined);
    this.#heldMs = plan.actors.map(() => 0);
    const look = (): void => {
      const held = new Set(debug.state.held);
      for (const { index, name } of plan.actors) this.#note(index, held.has(name));
    };
    debug.onChange(look);
    look();
  }

  /** Nanoseconds. */
  of(actor: number): number {
    const sinceMs = this.#sinceMs[actor];
    const openMs = sinceMs === undefined ? 0 : this.#nowMs() - sinceMs;
    return ((this.#heldMs[actor] ?? 0) + openMs) * 1e6;
  }

  #note(actor: number, isHeld: boolean): void {
    const sinceMs = this.#sinceMs[actor];
    if (isHeld === (sinceMs !== undefined)) return;
    if (sinceMs !== undefined) this.#heldMs[actor] = (this.#heldMs[actor] ?? 0) + this.#nowMs() - sinceMs;
    this.#sinceMs[actor] = isHeld ? this.#nowMs() : undefined;
  }
}
