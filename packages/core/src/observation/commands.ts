import type { Breakpoint } from '../debug/types.ts';
import { TargetError } from '../errors.ts';
import type { LiveRunParts } from '../run/live-parts.ts';
import type { Run, TraceRecord } from '../run/types.ts';
import type { TelemetryLimits } from '../telemetry/source.ts';
import type { BreakpointWire, Command, DebugWire, ReplyWire } from '../telemetry/wire.ts';
import { pathIn } from './path.ts';

const done: ReplyWire = { kind: 'done' };

/** What observers may have a run do. */
export class Commands {
  readonly #parts: LiveRunParts & { readonly run: Run };
  readonly #records: readonly TraceRecord[];
  /** Of stages, by their names. */
  readonly #indices: ReadonlyMap<string, number>;

  constructor(parts: LiveRunParts & { readonly run: Run }, records: readonly TraceRecord[]) {
    this.#parts = parts;
    this.#records = records;
    this.#indices = new Map(parts.plan.actors.map(({ name, index }) => [name, index]));
  }

  /** What a person holds, and where the run breaks. */
  debugState(): DebugWire {
    const { held, isAllHeld, breakpoints, lastHit } = this.#parts.run.debug.state;
    // Asked for ten times a second: a search for each of a thousand stages would be felt.
    const indexOf = (name: string): number => this.#indices.get(name) ?? -1;
    return {
      held: held.map(indexOf),
      isAllHeld,
      breakpoints: breakpoints.map(({ fault, ...breakpoint }) => ({ ...breakpoint, problem: fault })),
      hit:
        lastHit === undefined
          ? undefined
          : {
              breakpoint: lastHit.breakpoint,
              stage: indexOf(lastHit.stage),
              port: lastHit.port,
              seq: lastHit.seq,
              timeNs: lastHit.time,
            },
    };
  }

  /** Rejects as the run does what it is asked for. */
  async perform(command: Command, _limits: TelemetryLimits): Promise<ReplyWire> {
    const { run } = this.#parts;
    switch (command.do) {
      case 'pause':
        await run.debug.pause(command.stages);
        return done;
      case 'resume':
        await run.debug.resume(command.stages);
        return done;
      case 'step':
      case 'stepPhase':
        return this.#step(command);
      case 'break':
        return { kind: 'breakpoint', id: await run.debug.break(breakpointOf(command.at)) };
      case 'unbreak':
        return { kind: 'changed', changed: await run.debug.unbreak(command.id) };
      case 'rate':
        await run.setRate(targetOf(command.target), command.hz);
        return done;
      case 'mode':
        await run.modes.request(command.mode, { cause: 'asked for in the devtools' });
        return done;
      case 'event':
        return this.#change(command);
      case 'resend':
        return { kind: 'changed', changed: run.resend(command.letter) };
      case 'drop':
        return { kind: 'changed', changed: run.drop(command.letter) };
      case 'stop':
        await run.stop({ drain: command.drain });
        return done;
      case 'path':
        return { kind: 'path', halts: pathIn(this.#parts.plan, this.#records, command.timeNs) };
      default:
        throw new TargetError(`a run is not told to '${command.do}'`, 'Open its recording first.');
    }
  }

  async #step(command: Command & { readonly do: 'step' | 'stepPhase' }): Promise<ReplyWire> {
    const what =
      command.do === 'stepPhase'
        ? ({ unit: 'phase' } as const)
        : { stage: command.stage, unit: command.unit };
    const { place, isFailed } = await this.#parts.run.debug.step(what);
    const stage = this.#indices.get(place?.stage ?? '');
    return {
      kind: 'stepped',
      place:
        place === undefined || stage === undefined
          ? undefined
          : { stage, work: place.work, port: place.port, seq: place.seq, timeNs: place.time },
      isFailed,
    };
  }

  async #change({ event, change }: Command & { readonly do: 'event' }): Promise<ReplyWire> {
    const { events } = this.#parts.run;
    if (change === 'set') {
      await events.set(event);
      return { kind: 'changed', changed: true };
    }
    if (change === 'reset') return { kind: 'changed', changed: await events.reset(event) };
    return { kind: 'changed', changed: (await events.clear(event)) > 0 };
  }
}

function targetOf(target: string): string | { readonly runner: string } {
  return target.startsWith(':') ? { runner: target.slice(1) } : target;
}

function breakpointOf({ stage, port, on, condition, holds, once }: BreakpointWire): Breakpoint {
  return {
    stage,
    on,
    ...(port === undefined ? {} : { port }),
    ...(condition === undefined ? {} : { condition }),
    ...(holds === undefined ? {} : { holds }),
    ...(once === undefined ? {} : { once }),
  };
}
