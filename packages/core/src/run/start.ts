import { FrameReader, FrameWriter, Gauges, MessageReader, MessageWriter } from '@troupe/mailbox';
import { isStageWorker } from '../drivers/inside.ts';
import { HandlerHungError, NestedStartError } from '../errors.ts';
import { Executor } from '../executor/executor.ts';
import { ThreadModes } from '../executor/gates.ts';
import { createHandlers } from '../executor/lifecycle.ts';
import { optionsOf } from '../executor/load.ts';
import { rateOf } from '../clock/rate.ts';
import { StepSchedule } from '../clock/schedule.ts';
import type { Turn } from '../clock/turn.ts';
import { clockOf, monotonicMs } from '../executor/wall-clock.ts';
import type { WallClock } from '../executor/wall-clock.ts';
import { doorbells, readerPolicy, turnOf, wire } from '../executor/wire.ts';
import type { SharedRun, WorkerMessage } from '../drivers/messages.ts';
import { errorFromWire } from '../drivers/error-wire.ts';
import { initialGates } from '../modes/gate-state.ts';
import { compile } from '../plan/compile.ts';
import type { BoundaryPlan, EdgePlan, GraphDeclaration, Plan } from '../plan/types.ts';
import { ResourceTable } from '../resources/resource-table.ts';
import type { AnyStage } from '../stage.ts';
import { BoundaryInput } from './boundary-input.ts';
import { BoundaryOutput } from './boundary-output.ts';
import { Conductor } from './conductor.ts';
import type { Script } from './conductor.ts';
import { LiveRecording } from './live-recording.ts';
import type { ReplayDriver } from './replay.ts';
import { barrierTimeoutOf, Crew } from './crew.ts';
import { DeadLetters } from './dead-letters.ts';
import { LiveEvents } from './events.ts';
import { LiveRun } from './live-run.ts';
import { allocateRun } from './memory.ts';
import { LiveModes } from './modes.ts';
import type { AtBoundary } from './rate-control.ts';
import { RateControl } from './rate-control.ts';
import { schemaOf } from './schema.ts';
import type { LogLine, Run, StartOptions } from './types.ts';

/**
 * Compiles a declaration, starts its workers and lets it run. Rejects when any part of it cannot start;
 * nothing is left then.
 */
export async function startRun(
  declaration: GraphDeclaration,
  options: StartOptions,
  replay?: ReplayDriver,
): Promise<Run> {
  if (isStageWorker()) throw new NestedStartError(declaration.name);
  const plan = compile(declaration, options);
  const shared = allocateRun(plan);
  const bells = doorbells(shared.bells, plan.workers.length);
  const letters = new DeadLetters(plan);
  const gauges = new Gauges(shared.gauges);
  // Changes from outside take effect at once.
  let conductor: Conductor | undefined;
  const atBoundary: AtBoundary = async (change) =>
    conductor === undefined ? change() : conductor.atBoundary(change);
  const events = new LiveEvents(shared.events, plan.events, bells, atBoundary);
  const resources = new ResourceTable(shared.resources, 0);
  let run: LiveRun | undefined;
  let modes: LiveModes | undefined;
  const onLog = options.onLog ?? writeLog;
  const crew = new Crew({
    plan,
    shared,
    bells,
    gauges,
    events,
    resources,
    options,
    letters,
    onLog,
    onFatal: (error) => run?.fail(error),
    onState: (actor, state) => {
      run?.noteState();
      modes?.noteState(actor, state);
    },
    onModeEnd: (...end) => modes?.endFrom(...end),
  });
  const turn = turnOf(shared);
  const clock = clockOf(turn, 0);
  const opening = crew.open();
  // While a stage on main is created, an opening that fails meanwhile is nobody's unhandled rejection.
  opening.catch(() => undefined);
  try {
    const receive = mainReceiver({ plan, crew, letters, onLog, run: () => run, modes: () => modes });
    const executor = mainExecutor(declaration, plan, shared, clock, turn, options, receive);
    const pushNs = (): number => conductor?.pushNs() ?? clock.nowNs();
    const [inputs, outputs] = openBoundaries({ declaration, plan, shared, bells, gauges, clock, pushNs });
    conductor =
      turn === undefined
        ? undefined
        : conductorOf({
            plan,
            shared,
            turn,
            bells,
            inputs,
            crew,
            clock,
            events,
            endNs: (options.durationMs ?? Infinity) * 1e6,
            onEnd: () => run?.end(),
            script: replay?.script,
          });
    await opening;
    const wake = (): void => bells[0]?.ring();
    const rates = new RateControl({
      plan,
      clock,
      crew,
      executor,
      wake,
      conductor,
      atBoundary,
    });
    modes = new LiveModes({
      plan,
      options: options.modes ?? {},
      crew,
      executor,
      clock,
      wake,
      atBoundary,
    });
    const recording = new LiveRecording({
      plan,
      shared,
      bells,
      clock,
      conductor,
      inputs,
      changing: [modes, events, rates],
      seed: options.seed ?? 0,
      toml: (at) => textOf(declaration, at),
    });
    recording.onError = (error) => run?.fail(error);
    if (options.record !== undefined) await recording.begin(options.record, true);
    const basics = { plan, shared, bells, gauges, clock, crew, letters, events, resources };
    const parts = { ...basics, rates, conductor, recording };
    if (conductor !== undefined) replay?.attach({ plan, shared, bells, conductor, inputs });
    run = new LiveRun({ ...parts, executor, inputs, outputs, modes });
    await run.go(monotonicMs());
  } catch (error) {
    await (run === undefined ? crew.stop() : run.stop());
    throw error;
  }
  await attachObservers(run, options);
  // Whoever has started the run may still record it from its first step on.
  setImmediate(() => conductor?.release());
  return run;
}

/** The graph as the text of a graph file, where it can be one. */
async function textOf(declaration: GraphDeclaration, at: string): Promise<string | undefined> {
  const { declarationText } = await import('../saving/save.ts');
  return declarationText(declaration, at).catch(() => undefined);
}

/** What the executor on main says goes where the messages of workers go. */
function mainReceiver(parts: {
  readonly plan: Plan;
  readonly crew: Crew;
  readonly letters: DeadLetters;
  readonly onLog: (line: LogLine) => void;
  readonly run: () => LiveRun | undefined;
  readonly modes: () => LiveModes | undefined;
}): (message: WorkerMessage) => void {
  const { plan, crew, letters } = parts;
  return (message) => {
    if (message.type === 'actorState') crew.setState(message.actor, message.state);
    else if (message.type === 'log') parts.onLog(message.line);
    else if (message.type === 'deadLetter') letters.add(message.letter, errorFromWire(message.error));
    else if (message.type === 'fatal') parts.run()?.fail(errorFromWire(message.error));
    else if (message.type === 'resentDone') crew.closeLetter(message.id);
    else if (message.type === 'modeEnd') parts.modes()?.endFrom(message.actor, message.epoch, message.error);
    else if (message.type === 'hang') {
      const { name = '?', supervision } = plan.actors[message.actor] ?? {};
      parts.run()?.fail(new HandlerHungError(name, supervision?.asyncWatchdogMs ?? 0));
    }
  };
}

async function attachObservers(run: LiveRun, options: StartOptions): Promise<void> {
  try {
    for (const observer of options.observers ?? []) {
      const cleanup = await observer.attach(run);
      if (cleanup !== undefined) run.onClose(cleanup);
    }
  } catch (error) {
    await run.stop();
    throw error;
  }
}

function writeLog({ stage, message, fields }: LogLine): void {
  const tail = fields === undefined ? '' : ` ${JSON.stringify(fields)}`;
  process.stderr.write(`${stage === '' ? '' : `[${stage}] `}${message}${tail}\n`);
}

/** The executor of the stages on main; most graphs have none there. */
function mainExecutor(
  declaration: GraphDeclaration,
  plan: Plan,
  shared: ReturnType<typeof allocateRun>,
  clock: WallClock,
  turn: Turn | undefined,
  options: StartOptions,
  upcall: (message: WorkerMessage) => void,
): Executor {
  const stages = new Map<number, { stage: AnyStage; options: unknown }>();
  for (const index of plan.workers[0]?.actors ?? []) {
    const actor = plan.actors[index];
    const entry = declaration.stages.find(({ name }) => name === actor?.name);
    if (actor === undefined || entry === undefined) continue;
    stages.set(index, { stage: entry.stage, options: optionsOf(actor, entry.stage) });
  }
  const modes = new ThreadModes(initialGates(plan.modes.initial));
  const wiring = wire({
    plan,
    worker: 0,
    shared,
    seed: options.seed ?? 0,
    clock,
    recovery: undefined,
    upcall,
    modes,
    stages,
    flush: (actor) => executor.flush(actor),
  });
  const gauges = wiring.gauges.worker(0);
  const executor: Executor = new Executor(wiring.actors, {
    ...wiring,
    plan,
    worker: 0,
    gauges,
    clock,
    upcall,
    hasStats: options.stats !== false,
    turn,
    barrierTimeoutMs: barrierTimeoutOf(options),
    modes,
  });
  for (const actor of executor.actors) actor.handlers = createHandlers(actor);
  return executor;
}

function conductorOf(parts: {
  readonly plan: Plan;
  readonly shared: SharedRun;
  readonly turn: Turn;
  readonly bells: ReturnType<typeof doorbells>;
  readonly inputs: ReadonlyMap<string, BoundaryInput>;
  readonly crew: Crew;
  readonly clock: WallClock;
  readonly events: LiveEvents;
  readonly endNs: number;
  readonly onEnd: () => void;
  readonly script: Script | undefined;
}): Conductor {
  const { plan, turn, bells, inputs, crew, clock, events, endNs, onEnd, script } = parts;
  return new Conductor({
    plan,
    turn,
    bells,
    inputs,
    schedule: new StepSchedule(plan.runners.map(({ hz }) => rateOf(hz))),
    isGone: (worker) => crew.isGone(worker),
    endNs,
    onEnd,
    onBoundary: () => events.settle(),
    nowMs: () => clock.nowMs(),
    ...(script === undefined ? {} : { script }),
  });
}

function openBoundaries(parts: {
  readonly declaration: GraphDeclaration;
  readonly plan: Plan;
  readonly shared: SharedRun;
  readonly bells: ReturnType<typeof doorbells>;
  readonly gauges: Gauges;
  readonly clock: WallClock;
  /** Logical time of what is pushed now. */
  readonly pushNs: () => number;
}): [Map<string, BoundaryInput>, Map<string, BoundaryOutput>] {
  const { declaration, plan, shared, bells, gauges, clock, pushNs } = parts;
  const openInput = (input: BoundaryPlan): BoundaryInput => {
    const buffer = shared.rings[input.ring] as SharedArrayBuffer;
    const writer = input.kind === 'frame' ? new FrameWriter(buffer, bells) : new MessageWriter(buffer, bells);
    writer.setBell(0);
    return new BoundaryInput({
      plan: input,
      writer,
      edge: plan.edges[input.edge] as EdgePlan,
      schema: schemaOf(declaration, input.name),
      gauges: gauges.edge(input.edge),
      nowMs: () => clock.nowMs(),
      timeNs: pushNs,
      isHeld: plan.clock !== 'realtime',
      wake: () => bells[0]?.ring(),
    });
  };
  const openOutput = (output: BoundaryPlan): BoundaryOutput => {
    const buffer = shared.rings[output.ring] as SharedArrayBuffer;
    const { reader: place = 0, overflow, capacity } = plan.edges[output.edge] as EdgePlan;
    const options = { place, policy: readerPolicy(overflow), capacity, bell: 0, bells };
    const reader =
      output.kind === 'frame' ? new FrameReader(buffer, options) : new MessageReader(buffer, options);
    return new BoundaryOutput(output.name, reader, gauges.edge(output.edge), () => bells[0]?.ring());
  };
  return [
    new Map(plan.inputs.map((input) => [input.name, openInput(input)])),
    new Map(plan.outputs.map((output) => [output.name, openOutput(output)])),
  ];
}
