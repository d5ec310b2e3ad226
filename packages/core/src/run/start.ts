import { FrameReader, FrameWriter, Gauges, MessageReader, MessageWriter } from '@troupe/mailbox';
import { isStageWorker } from '../drivers/inside.ts';
import { HandlerHungError, NestedStartError } from '../errors.ts';
import { Executor } from '../executor/executor.ts';
import { ThreadModes } from '../executor/gates.ts';
import { createHandlers } from '../executor/lifecycle.ts';
import { optionsOf } from '../executor/load.ts';
import { isHoldReport, noHolds } from '../debug/hold-state.ts';
import type { Turn } from '../clock/turn.ts';
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
import { conductorOf } from './conduct.ts';
import type { Conductor } from './conductor.ts';
import { LiveRecording } from './live-recording.ts';
import type { ReplayDriver } from './replay-driver.ts';
import { barrierTimeoutMsDefault } from './actor-states.ts';
import { Crew } from './crew.ts';
import { LiveDebug } from './debug.ts';
import { DeadLetters } from './dead-letters.ts';
import { LiveEvents } from './events.ts';
import { HandlerFailures } from './handler-failures.ts';
import type { LiveRunParts } from './live-parts.ts';
import { LiveRun } from './live-run.ts';
import { allocateRun } from './memory.ts';
import { LiveModes } from './modes.ts';
import type { AtBoundary } from './rate-control.ts';
import { RateControl } from './rate-control.ts';
import { RoundHold } from './round-hold.ts';
import { schemaOf } from './schema.ts';
import type { LogLine, Run, StartOptions } from './types.ts';
import { threadWorld } from './world.ts';
import type { World } from './world.ts';

/**
 * Compiles a declaration, starts its workers and lets it run. Rejects when any part of it cannot start;
 * nothing is left then.
 */
export async function startRun(
  declaration: GraphDeclaration,
  options: StartOptions,
  replay?: ReplayDriver,
  world: World = threadWorld,
): Promise<Run> {
  if (isStageWorker()) throw new NestedStartError(declaration.name);
  const ground = groundOf(declaration, options, world);
  const { plan, shared, bells } = ground;
  world.begin(ground);
  // Changes from outside take effect at once.
  let conductor: Conductor | undefined;
  const atBoundary: AtBoundary = async (change) =>
    conductor === undefined ? change() : conductor.atBoundary(change);
  const events = new LiveEvents(shared.events, plan.events, bells, atBoundary, world);
  const late: Late = { run: undefined, modes: undefined, debug: undefined };
  const tell = options.onLog ?? writeLog;
  const onLog = (line: LogLine): void => {
    late.run?.noteLog(line);
    tell(line);
  };
  const base = { ...ground, declaration, events, origin: replay?.origin };
  const crew = crewOf({ ...base, options, onLog, late });
  const turn = turnOf(shared);
  const clock = world.clock(turn, 0);
  const hold = new RoundHold(() => clock.nowMs());
  const opening = crew.open();
  // While a stage on main is created, an opening that fails meanwhile is nobody's unhandled rejection.
  opening.catch(() => undefined);
  let opened: LiveRun;
  try {
    const receive = mainReceiver({ ...base, crew, onLog, late });
    const executor = mainExecutor({ ...base, declaration, clock, turn, options, upcall: receive });
    const pushNs = (): number => conductor?.pushNs() ?? clock.nowNs();
    const [inputs, outputs] = openBoundaries({ ...base, declaration, clock, pushNs });
    conductor = conductorOf({
      ...base,
      turn,
      inputs,
      crew,
      hold,
      endNs: (options.durationMs ?? Infinity) * 1e6,
      onEnd: () => late.run?.end(),
      script: replay?.script,
    });
    await opening;
    const basics = { ...base, clock, crew };
    const given = { declaration, options, replay };
    const led = leadersOf({ ...basics, ...given, executor, conductor, hold, onLog, inputs, atBoundary });
    ({ modes: late.modes, debug: late.debug } = led);
    const onError = (error: Error): void => late.run?.fail(error);
    led.recording.onError = onError;
    led.debug.onError = onError;
    if (options.record !== undefined) await led.recording.begin(options.record, true);
    if (conductor !== undefined) replay?.attach({ ...base, conductor, inputs, modes: led.modes, crew });
    const run = new LiveRun({ ...basics, ...led, options, conductor, executor, inputs, outputs });
    late.run = run;
    await run.go(world.nowMs());
    opened = run;
  } catch (error) {
    await (late.run === undefined ? crew.stop() : late.run.stop());
    throw error;
  }
  return present(opened, options, world, conductor);
}

/** What is made once the threads are on their way, and is told by them then. */
interface Late {
  run: LiveRun | undefined;
  modes: LiveModes | undefined;
  debug: LiveDebug | undefined;
}

/** The crew, and who learns what it hears. */
function crewOf(
  parts: ReturnType<typeof groundOf> & {
    readonly events: LiveEvents;
    readonly options: StartOptions;
    readonly onLog: (line: LogLine) => void;
    readonly late: Late;
  },
): Crew {
  const { plan, resources, events, late } = parts;
  return new Crew({
    ...parts,
    onFatal: (error) => late.run?.fail(error),
    onDeath: (worker) => {
      resources.bury(worker, plan.workers[worker]?.actors ?? []);
      events.announceAll();
      late.debug?.noteDeath(worker);
    },
    onState: (actor, state) => {
      late.run?.noteState(actor, state);
      late.modes?.noteState(actor, state);
      late.debug?.noteState(actor, state);
    },
    onOther: (worker, message) => {
      if (message.type === 'modeEnd') late.modes?.endFrom(message.actor, message.epoch, message.error);
      else if (isHoldReport(message)) late.debug?.receive(worker, message);
    },
  });
}

/** What a run stands on: its plan, and the memory that its threads share. */
function groundOf(
  declaration: GraphDeclaration,
  options: StartOptions,
  world: World,
): Pick<
  LiveRunParts,
  'world' | 'plan' | 'shared' | 'bells' | 'gauges' | 'letters' | 'failures' | 'resources'
> {
  const isRecorded = options.record !== undefined;
  const plan = compile(declaration, isRecorded ? { recordable: true, ...options } : options);
  const shared = allocateRun(plan);
  return {
    world,
    plan,
    shared,
    bells: doorbells(shared.bells, plan.workers.length),
    gauges: new Gauges(shared.gauges),
    letters: new DeadLetters(plan),
    failures: new HandlerFailures(plan),
    resources: new ResourceTable(shared.resources, 0),
  };
}

/** Shows a run to its observers, and lets it take its first step. */
async function present(
  run: LiveRun,
  options: StartOptions,
  world: World,
  conductor: Conductor | undefined,
): Promise<Run> {
  await attachObservers(run, options);
  // Whoever has started the run may still record it from its first step on.
  world.turn(() => conductor?.release());
  return run;
}

/** What changes a run from outside, and what writes that down. */
function leadersOf(
  parts: Pick<
    LiveRunParts,
    'world' | 'plan' | 'shared' | 'bells' | 'clock' | 'crew' | 'events' | 'executor' | 'conductor' | 'inputs'
  > & {
    readonly declaration: GraphDeclaration;
    readonly options: StartOptions;
    readonly atBoundary: AtBoundary;
    readonly hold: RoundHold;
    readonly onLog: (line: LogLine) => void;
    readonly replay: ReplayDriver | undefined;
  },
): Pick<LiveRunParts, 'rates' | 'modes' | 'recording' | 'debug'> {
  const { bells, events, declaration, options } = parts;
  const wake = (): void => bells[0]?.ring();
  const rates = new RateControl({ ...parts, wake });
  const isReplay = parts.replay !== undefined;
  const modes = new LiveModes({ ...parts, options: options.modes ?? {}, isReplay, wake });
  const recording = new LiveRecording({
    ...parts,
    changing: [modes, events, rates],
    seed: options.seed ?? 0,
    taker: parts.replay,
    toml: (at) => textOf(declaration, at),
  });
  return { rates, modes, recording, debug: new LiveDebug({ ...parts, wake }) };
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
  readonly failures: HandlerFailures;
  readonly onLog: (line: LogLine) => void;
  readonly late: Late;
}): (message: WorkerMessage) => void {
  const { plan, crew, letters, late } = parts;
  return (message) => {
    if (message.type === 'actorState') crew.setState(message.actor, message.state);
    else if (message.type === 'log') parts.onLog(message.line);
    else if (message.type === 'deadLetter') letters.add(message.letter, errorFromWire(message.error));
    else if (message.type === 'failure') parts.failures.add(message.failure);
    else if (message.type === 'fatal') late.run?.fail(errorFromWire(message.error));
    else if (message.type === 'resentDone') crew.closeLetter(message.id);
    else if (message.type === 'modeEnd') late.modes?.endFrom(message.actor, message.epoch, message.error);
    else if (isHoldReport(message)) late.debug?.receive(0, message);
    else if (message.type === 'hang') {
      const { name = '?', supervision } = plan.actors[message.actor] ?? {};
      late.run?.fail(new HandlerHungError(name, supervision?.asyncWatchdogMs ?? 0));
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
function mainExecutor(parts: {
  readonly world: World;
  readonly declaration: GraphDeclaration;
  readonly plan: Plan;
  readonly shared: SharedRun;
  readonly clock: WallClock;
  readonly turn: Turn | undefined;
  readonly options: StartOptions;
  readonly upcall: (message: WorkerMessage) => void;
}): Executor {
  const { world, declaration, plan, shared, clock, turn, options, upcall } = parts;
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
    time: world,
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
    time: world,
    clock,
    upcall,
    hasStats: options.stats !== false,
    turn,
    barrierTimeoutMs: options.barrierTimeoutMs ?? barrierTimeoutMsDefault,
    modes,
    holds: noHolds,
  });
  for (const actor of executor.actors) actor.handlers = createHandlers(actor);
  return executor;
}

function openBoundaries(parts: {
  readonly world: World;
  readonly declaration: GraphDeclaration;
  readonly plan: Plan;
  readonly shared: SharedRun;
  readonly bells: ReturnType<typeof doorbells>;
  readonly gauges: Gauges;
  readonly clock: WallClock;
  /** Logical time of what is pushed now. */
  readonly pushNs: () => number;
}): [Map<string, BoundaryInput>, Map<string, BoundaryOutput>] {
  const { world, declaration, plan, shared, bells, gauges, clock, pushNs } = parts;
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
      time: world,
      wake: () => bells[0]?.ring(),
    });
  };
  const openOutput = (output: BoundaryPlan): BoundaryOutput => {
    const buffer = shared.rings[output.ring] as SharedArrayBuffer;
    const { reader: place = 0, overflow, capacity } = plan.edges[output.edge] as EdgePlan;
    const options = { place, policy: readerPolicy(overflow), capacity, bell: 0, bells };
    const reader =
      output.kind === 'frame' ? new FrameReader(buffer, options) : new MessageReader(buffer, options);
    return new BoundaryOutput(output.name, reader, gauges.edge(output.edge), world, () => bells[0]?.ring());
  };
  return [
    new Map(plan.inputs.map((input) => [input.name, openInput(input)])),
    new Map(plan.outputs.map((output) => [output.name, openOutput(output)])),
  ];
}
