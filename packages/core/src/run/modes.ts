import type { Observable } from 'rxjs';
import type { AnyStateMachine } from 'xstate';
import { errorFromWire } from '../drivers/error-wire.ts';
import type { ErrorWire } from '../drivers/messages.ts';
import { TargetError } from '../errors.ts';
import type { Executor } from '../executor/executor.ts';
import type { ThreadTime } from '../executor/thread-time.ts';
import type { WallClock } from '../executor/wall-clock.ts';
import { ModeController } from '../modes/controller.ts';
import type { ModeHost } from '../modes/controller.ts';
import type { ModeRules } from '../modes/rules.ts';
import type { ModeRequestOptions, ModesOptions, ModeTransition, RunModes } from '../modes/types.ts';
import { list } from '../plan/problems.ts';
import type { Plan } from '../plan/types.ts';
import type { Crew } from './crew.ts';
import type { Changing } from './live-recording.ts';
import { observables } from './streams.ts';
import type { ActorState } from './types.ts';

const graceMsDefault = 5_000;

export interface LiveModesParts {
  readonly world: ThreadTime;
  readonly plan: Plan;
  readonly options: ModesOptions;
  readonly crew: Crew;
  /** Steps the stages on main. */
  readonly executor: Executor;
  readonly clock: WallClock;
  /** Wakes the loop of main. */
  readonly wake: () => void;
  /** A recording says which modes there are: what stages say of theirs is in it. */
  readonly isReplay: boolean;
  /** Carries a change out when the run's clock lets changes from outside take effect. */
  readonly atBoundary: <T>(change: () => T | Promise<T>) => Promise<T>;
}

/** The modes of a run: joins the pure controller with the threads. */
export class LiveModes implements RunModes {
  readonly #parts: LiveModesParts;
  readonly #controller: ModeController;
  readonly #watchers = new Set<{ next(mode: string): void; complete(): void }>();
  #isOver = false;
  /** Told of the modes that are entered. */
  onChange: Changing['onChange'];

  constructor(parts: LiveModesParts) {
    this.#parts = parts;
    this.#controller = new ModeController({
      initial: parts.plan.modes.initial,
      host: hostOf(parts),
      rules: () => this.#rules(),
      graceMs: parts.options.graceMs ?? graceMsDefault,
      atBoundary: parts.atBoundary,
      onEntered: (mode) => {
        this.onChange?.({ type: 'mode', step: 0, mode });
        for (const watcher of this.#watchers) watcher.next(mode);
      },
    });
  }

  get state(): string {
    return this.#controller.mode;
  }

  get log(): readonly ModeTransition[] {
    return [...this.#controller.log];
  }

  get state$(): Observable<string> {
    return new (observables())((subscriber) => {
      subscriber.next(this.state);
      if (this.#isOver) {
        subscriber.complete();
        return undefined;
      }
      this.#watchers.add(subscriber);
      return () => this.#watchers.delete(subscriber);
    });
  }

  async request(mode: string, options: ModeRequestOptions = {}): Promise<void> {
    const { names } = this.#parts.plan.modes;
    if (!names.includes(mode)) {
      throw new TargetError(`there is no mode '${mode}'`, `Use one of: ${list(names)}.`);
    }
    return this.#controller.request(mode, options);
  }

  async end(error?: unknown, { cause }: { readonly cause?: string } = {}): Promise<void> {
    return this.#controller.end(error, cause ?? (error === undefined ? 'ended' : 'failed'));
  }

  /** Enters a mode as a recording says. */
  replay(mode: string): Promise<void> {
    return this.#controller.enter(mode, 'recorded');
  }

  async machine(): Promise<unknown> {
    const { definition } = await this.definition();
    // Guards that are functions are left out.
    return JSON.parse(JSON.stringify(definition)) as unknown;
  }

  /** A stage has said that the mode of that epoch has ended. */
  endFrom(actor: number, epoch: number, error: ErrorWire | undefined): void {
    if (this.#parts.isReplay) return;
    const stage = this.#parts.plan.actors[actor]?.name ?? '?';
    const how = error === undefined ? 'ended' : 'failed';
    const thrown = error === undefined ? undefined : errorFromWire(error);
    // A refusal is in the log.
    this.#controller.end(thrown, `stage '${stage}' has ${how}`, { epoch }).catch(() => undefined);
  }

  /** Supervision has stopped a stage: the mode that it was for has failed. */
  noteState(actor: number, state: ActorState): void {
    const { activeIn, name = '?' } = this.#parts.plan.actors[actor] ?? {};
    if (state !== 'stopped' || activeIn === undefined || this.#parts.isReplay) return;
    const cause = `stage '${name}' was stopped`;
    // A change that is under way may be to one of its modes.
    this.#controller.end(new Error(cause), cause, { modes: activeIn }).catch(() => undefined);
  }

  /** The run is over, or has failed with this error: what has not been entered will not be. */
  stop(error: Error | undefined): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#controller.stop(error);
    for (const watcher of this.#watchers) watcher.complete();
  }

  async #rules(): Promise<ModeRules> {
    const [{ rulesOf }, machine] = await Promise.all([import('../modes/rules.ts'), this.definition()]);
    return rulesOf(machine);
  }

  /** The machine that gives the rules. */
  async definition(): Promise<AnyStateMachine> {
    return this.#parts.options.machine ?? (await import('../modes/machine.ts')).modeMachine;
  }
}

function hostOf({ world, plan, options, crew, executor, clock, wake }: LiveModesParts): ModeHost {
  return {
    threads: plan.workers.map(({ index }) => index),
    tell(thread, state) {
      // Successors are created with it from now on.
      crew.gates = state;
      if (thread > 0) return crew.setGates(thread, state);
      const rest = new Promise<void>((resolve) => executor.setGates(state, resolve));
      wake();
      return rest;
    },
    replace: (thread) => crew.hangIn(thread, options.graceMs ?? graceMsDefault),
    after(delayMs, callback) {
      const timer = world.afterUnlessOver(delayMs, callback);
      return () => timer.cancel();
    },
    nowNs: () => clock.nowNs(),
  };
}
