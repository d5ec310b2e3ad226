import { hasMore } from '../executor/round-part.ts';
import type { GraphDeclaration, Plan, StageEntry } from '../plan/types.ts';
import type { SourceEntry } from '../recording/entries.ts';
import { defineStage } from '../stage.ts';
import type { AnyStage, Out, StageContext } from '../stage.ts';
import { isFedForward, isOutside } from './outside.ts';

/** More than any call of a player emits. */
const spillMax = 2 ** 24;

/**
 * A graph in which stages of the same ports and ticks, on main, stand in for those that are not to run. They
 * do nothing but emit what they are told to.
 */
export class StandIns {
  readonly declaration: GraphDeclaration;
  readonly leftOut: readonly string[];
  /** What a recording does not say. */
  readonly warnings: readonly string[];
  /** Hands messages to the stage that emits them in place of another one. */
  readonly #players = new Map<string, (messages: readonly SourceEntry[]) => void>();
  /** Players that end when they are asked next. */
  readonly #ending = new Set<string>();

  /**
   * `withEffects`: the stages with effects outside run, except for sources. `isExact`: what is fed has ended
   * in the round in which its inputs had; if not, it ends when the recording says so.
   */
  constructor(declaration: GraphDeclaration, plan: Plan, withEffects: boolean, isExact: boolean) {
    const leftOut: string[] = [];
    const stages = declaration.stages.map((entry, index) => {
      const actor = plan.actors[index];
      if (actor === undefined) return entry;
      const isFed = isFedForward(plan, actor);
      const isPlayed = isOutside(plan, actor) && !(isFed && withEffects);
      const hasEffects = actor.outlets.length === 0 && !withEffects;
      if (!isPlayed && !hasEffects) return entry;
      leftOut.push(entry.name);
      return this.#silenced(entry, isPlayed && !(isFed && isExact));
    });
    this.declaration = { ...declaration, stages };
    this.leftOut = leftOut;
    this.warnings = plan.events.flatMap(({ name, controls, takers }) => {
      if (takers.length < 2) return [];
      const names = controls.map((index) => `'${plan.actors[index]?.name}'`).join(', ');
      return `which of ${names} ran on which activation of event '${name}' is not in the recording`;
    });
  }

  /** Messages of one round. */
  emit(messages: readonly SourceEntry[]): void {
    for (const [stage, own] of Map.groupBy(messages, (message) => message.stage)) {
      this.#players.get(stage)?.(own);
    }
  }

  /** A source comes to its end. */
  end(stage: string): void {
    this.#ending.add(stage);
  }

  #silenced({ name, stage, settings }: StageEntry, endsAlone: boolean): StageEntry {
    const { inputs, outputs, options } = stage;
    const player = defineStage({
      name: stage.name,
      inputs,
      outputs,
      options,
      create: ({ post }: StageContext) => {
        this.#players.set(name, post);
        return {
          [hasMore]: () => endsAlone && !this.#ending.has(name),
          ...(endsAlone && { onDemand: () => (this.#ending.has(name) ? 'end' : undefined) }),
          onInput() {},
          onTick() {},
          onPost(messages: unknown, out: Out) {
            for (const message of messages as readonly SourceEntry[]) emit(message, out);
          },
        };
      },
    }) as AnyStage;
    const kept = { options: settings.options, spillMax, ...(settings.tick && { tick: settings.tick }) };
    return { name, stage: player, settings: kept };
  }
}

function emit({ port, time, payload }: SourceEntry, out: Out): void {
  out.at(time);
  if (payload.kind === 'frame') out.send(port, payload.frame);
  else out.send(port, payload.value);
}
