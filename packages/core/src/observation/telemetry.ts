import type { AnyStateMachine } from 'xstate';
import type { BreakpointHit } from '../debug/types.ts';
import type { ResourcePlan } from '../plan/conditions.ts';
import { leaseState } from '../resources/resource-table.ts';
import type { ResourceTable } from '../resources/resource-table.ts';
import type { LiveRunParts } from '../run/live-parts.ts';
import type { ActorState, LogLine, Replacement, Run, RunReport, TraceRecord } from '../run/types.ts';
import type { ModeTransition } from '../modes/types.ts';
import type {
  OpenReplay,
  OpenTap,
  OpenTrace,
  Reading,
  TapRead,
  Telemetry,
  TelemetryLimits,
} from '../telemetry/source.ts';
import { actorStates } from '../telemetry/tables.ts';
import { describe, describeError } from '../telemetry/value.ts';
import type {
  Command,
  DebugWire,
  DetailWire,
  GraphWire,
  HappeningWire,
  ModesWire,
  ReplyWire,
  TappedWire,
  TapWish,
  ThreadWire,
} from '../telemetry/wire.ts';
import { Commands } from './commands.ts';
import { detailOf, latenciesOf, showFailure, showLetter, showRestart } from './details.ts';
import { HeldTimes } from './held-times.ts';
import { Gains, Happenings, NumberedGains } from './happenings.ts';
import { showMessage } from './messages.ts';
import { pictureOf } from './picture.ts';
import { Readings } from './readings.ts';
import { ShownReplay } from './replays.ts';
import { statechartOf } from './statechart.ts';
import { placeOf, targetOf, writerOf } from './targets.ts';
import { ShownTrace } from './tracing.ts';

/** Records of a trace that are kept to tell the way of a message by. */
const recordsMax = 65_536;

export interface LiveTelemetryParts extends LiveRunParts {
  readonly run: Run;
  /** How the run ends. Looking on does not hide a failure from the application. */
  readonly ending: Promise<RunReport>;
  readonly machine: AnyStateMachine;
}

/** What a run tells its observers. Made when it is asked for first. */
export class LiveTelemetry implements Telemetry {
  readonly epochMs: number;
  readonly over: Promise<void>;
  readonly #parts: LiveTelemetryParts;
  readonly #readings: Readings;
  readonly #commands: Commands;
  readonly #happenings = new Happenings();
  readonly #modes = new Gains<ModeTransition>();
  readonly #failures = new NumberedGains();
  readonly #replacements = new Gains<Replacement>();
  readonly #letters = new NumberedGains();
  /** Traces that are open; of the first one the newest records are kept. */
  readonly #traces: OpenTrace[] = [];
  readonly #records: TraceRecord[] = [];
  /** To be called when nothing comes any more: of taps that are open. */
  readonly #taps = new Set<() => void>();
  readonly #counts: number[];
  readonly #held: HeldTimes;
  readonly #statechart: ModesWire;
  #lastHit: BreakpointHit | undefined;

  constructor(parts: LiveTelemetryParts) {
    const { plan, shared, gauges, clock, run } = parts;
    this.#parts = parts;
    this.#readings = new Readings(plan, shared, gauges);
    this.#statechart = statechartOf(plan.modes, parts.machine);
    this.#counts = plan.events.map(({ name }) => parts.events.count(name));
    this.epochMs = Date.now() - clock.nowMs();
    this.#commands = new Commands(parts, this.#records);
    this.#held = new HeldTimes(plan, run.debug, () => clock.nowMs());
    run.debug.onChange(({ lastHit }) => this.#noteHit(lastHit));
    this.over = parts.ending.then(
      ({ reason }) => this.#end(reason, undefined),
      (error: unknown) => this.#end('failed', error),
    );
  }

  graph(limits: TelemetryLimits = {}): GraphWire {
    return pictureOf(this.#parts.plan, this.#statechart, limits);
  }

  read(): Reading {
    const { plan, crew, clock, modes, events, outputs, resources } = this.#parts;
    for (const output of outputs.values()) output.look();
    this.#readings.read({
      states: crew.states,
      replaced: crew.replaced,
      heldNs: (actor) => this.#held.of(actor),
    });
    return {
      elapsedMs: clock.nowMs(),
      stages: this.#readings.stages,
      edges: this.#readings.edges,
      workers: this.#readings.workers,
      mode: modes.state,
      events: plan.events.map(({ name }) => events.count(name)),
      resources: plan.resources.map(({ users }) => ({
        holders: usersIn(users, leaseState.running, resources),
        waiting: usersIn(users, leaseState.waiting, resources),
      })),
    };
  }

  latencies(): ReturnType<Telemetry['latencies']> {
    return latenciesOf(this.#parts.plan, this.#parts.gauges);
  }

  detail(stage: number, limits: TelemetryLimits = {}): DetailWire | undefined {
    const { plan, shared, gauges, run } = this.#parts;
    return detailOf({ plan, shared, gauges, casebook: run }, stage, limits);
  }

  async census(): Promise<readonly ThreadWire[]> {
    const entries = await this.#parts.run.census();
    return entries.map(({ heap, loopDelay, role, owner, threadId, worker, stages, cpuMs }) => ({
      role,
      owner,
      threadId,
      worker,
      stages,
      cpuMs,
      heapUsed: heap?.usedBytes,
      heapTotal: heap?.totalBytes,
      loopDelayP50Ms: loopDelay?.p50Ms,
      loopDelayP99Ms: loopDelay?.p99Ms,
    }));
  }

  debug(): DebugWire {
    return this.#commands.debugState();
  }

  get happened(): number {
    this.#gather();
    return this.#happenings.next;
  }

  happenings(id: number, limits: TelemetryLimits = {}): readonly HappeningWire[] {
    this.#gather();
    return this.#happenings.from(id, limits);
  }

  async tap(
    { edge, everyMs, newest }: TapWish,
    take: (read: TapRead) => void,
    limits: TelemetryLimits & { readonly bytesPerSecondMax?: number } = {},
  ): Promise<OpenTap> {
    const { plan, run, world } = this.#parts;
    const writer = writerOf(plan, edge);
    const at = placeOf(writer);
    let messages: TappedWire[] = [];
    let told = -1;
    const { bytesPerSecondMax } = limits;
    const tap = run.tap(
      targetOf(plan, writer),
      (sample) => {
        const { latencyNs } = sample;
        messages.push({ ...showMessage(plan, at.stage, at.port, sample, limits), latencyNs });
      },
      { everyMs, newest, ...(bytesPerSecondMax === undefined ? {} : { bytesPerSecondMax }) },
    );
    const tell = (): void => {
      const { skipped, skips } = tap;
      if (messages.length === 0 && skipped === told) return;
      told = skipped;
      take({ messages: messages.splice(0), skipped, overBudget: skips.overBudget });
    };
    const timer = world.every(everyMs, tell);
    const end = (): void => {
      timer.cancel();
      tell();
    };
    this.#taps.add(end);
    return {
      close: () => {
        this.#taps.delete(end);
        timer.cancel();
        tap.close();
        messages = [];
      },
    };
  }

  trace(): OpenTrace {
    const { plan, run } = this.#parts;
    const keep = (record: TraceRecord): void => {
      if (this.#traces[0] !== trace) return;
      this.#records.push(record);
      if (this.#records.length > recordsMax) this.#records.splice(0, recordsMax / 4);
    };
    const trace = new ShownTrace(plan, run.trace(), keep, () => {
      const at = this.#traces.indexOf(trace);
      if (at >= 0) this.#traces.splice(at, 1);
      if (this.#traces.length === 0) this.#records.length = 0;
    });
    this.#traces.push(trace);
    return trace;
  }

  perform(command: Command, limits: TelemetryLimits = {}): Promise<ReplyWire> {
    return this.#commands.perform(command, limits);
  }

  async replay(recording: string, limits: TelemetryLimits = {}): Promise<OpenReplay> {
    const { plan, origin, options } = this.#parts;
    // A run that is done again has stand-ins in it: no recording is one of it.
    const { declaration } = origin ?? this.#parts;
    const { rewindRecording } = await import('../run/rewind.ts');
    // What of the run's options a plan goes by.
    const { modes = {}, resources = {}, mailboxMax } = options;
    const same = { modes, resources, ...(mailboxMax === undefined ? {} : { mailboxMax }) };
    return new ShownReplay(recording, await rewindRecording(declaration, recording, same), plan, limits);
  }

  get recordings(): readonly string[] {
    const { recording, origin } = this.#parts;
    return origin === undefined ? recording.paths : [origin.recording, ...recording.paths];
  }

  get replayOf(): string | undefined {
    return this.#parts.origin?.recording;
  }

  /** An actor's state has changed. */
  noteState(actor: number, state: ActorState): void {
    const index = actorStates.indexOf(state);
    this.#add(() => ({ type: 'state', stage: actor, state: index }));
  }

  /** A stage, or the run, has logged a line. */
  noteLog({ stage, message, fields }: LogLine): void {
    this.#add(({ redact }) => ({
      type: 'log',
      stage,
      message,
      fields: fields === undefined ? undefined : describe(fields, `${stage}.log`, { redact }),
    }));
  }

  /** A rate has been set. */
  noteRate(target: string, hz: number): void {
    this.#add(() => ({ type: 'rate', target, hz }));
  }

  #noteHit(hit: BreakpointHit | undefined): void {
    if (hit === undefined || hit === this.#lastHit) return;
    this.#lastHit = hit;
    const { breakpoint, seq } = hit;
    const stage = this.#parts.plan.actors.find(({ name }) => name === hit.stage)?.index ?? -1;
    this.#add(() => ({ type: 'break', breakpoint, stage, seq }));
  }

  #add(happening: Parameters<Happenings['add']>[1]): void {
    this.#happenings.add(this.#parts.clock.nowMs(), happening);
  }

  /** Looks at everything that keeps its own log. */
  #gather(): void {
    const { plan, run, modes, events } = this.#parts;
    for (const transition of this.#modes.of(modes.log)) {
      const { timeNs, from, to, cause, outcome, rule, error } = transition;
      this.#happenings.add(timeNs / 1e6, () => ({
        type: 'mode',
        from,
        to,
        cause,
        outcome,
        rule,
        error: error === undefined ? undefined : describeError(error),
      }));
    }
    for (const failure of this.#failures.of(run.failures()))
      this.#happenings.add(failure.atMs, (limits) => ({
        type: 'failure',
        failure: showFailure(plan, failure, limits),
      }));
    for (const replacement of this.#replacements.of(run.replacements()))
      this.#happenings.add(replacement.atMs, () => ({
        type: 'restart',
        restart: showRestart(plan, replacement),
      }));
    for (const letter of this.#letters.of(run.deadLetters()))
      this.#add((limits) => ({ type: 'letter', letter: showLetter(plan, letter, limits) }));
    for (const [index, { name }] of plan.events.entries()) {
      const count = events.count(name);
      if (count === this.#counts[index]) continue;
      this.#counts[index] = count;
      this.#add(() => ({ type: 'event', event: name, count }));
    }
  }

  #end(reason: 'ended' | 'stopped' | 'failed', error: unknown): void {
    this.#gather();
    for (const end of this.#taps) end();
    this.#taps.clear();
    this.#add(() => ({ type: 'end', reason, error: error === undefined ? undefined : describeError(error) }));
  }
}

function usersIn(users: ResourcePlan['users'], state: number, table: ResourceTable): readonly number[] {
  return users.flatMap(({ actor }) => (table.state(actor) === state ? actor : []));
}
