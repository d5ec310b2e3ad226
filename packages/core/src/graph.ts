import type { StandardSchemaV1 } from '@standard-schema/spec';
import { GraphError } from './errors.ts';
import type {
  BoundaryEntry,
  EdgeEntry,
  EdgeOptions,
  EventEntry,
  EventRef,
  GraphDeclaration,
  LatchEntry,
  LatchRef,
  PortName,
  RunnerEntry,
  RunnerRef,
  StageEntry,
  StageSettings,
} from './plan/types.ts';
import { frame } from './ports.ts';
import type { FramePort, Port, PortMap } from './ports.ts';
import type { Connectable, InputRef, InRef, OutputRef, OutRef, StageRef } from './refs.ts';
import type { ReplayReport } from './run/replay.ts';
import type { ReplayOptions } from './run/rerun.ts';
import type { Rewind, RewindOptions } from './run/rewind-types.ts';
import type { Run, StartOptions } from './run/types.ts';
import type { GraphLoadOptions, GraphParseOptions } from './saving/load.ts';
import type { OptionsIn, Stage } from './stage.ts';

/** Capacity and overflow of the edge between the application and a boundary port. */
export type BoundaryOptions = Omit<EdgeOptions, 'back'>;

/** `graph.stage`'s last argument: may be left out where the stage's options may. */
export type SettingsArgument<Options> = undefined extends Options
  ? [settings?: StageSettings<Options>]
  : {} extends Options
    ? [settings?: StageSettings<Options>]
    : [settings: StageSettings<Options> & { readonly options: Options }];

/**
 * A declaration under construction. Nothing is checked here beyond types: `compile` (and so `start`) reports
 * every problem at once. Only a reference that belongs to another graph is refused on the spot, with
 * `GraphError`.
 */
export class Graph {
  readonly name: string;
  readonly #stages: StageEntry[] = [];
  readonly #edges: EdgeEntry[] = [];
  readonly #inputs: BoundaryEntry[] = [];
  readonly #outputs: BoundaryEntry[] = [];
  readonly #runners: RunnerEntry[] = [];
  readonly #events: EventEntry[] = [];
  readonly #latches: LatchEntry[] = [];
  readonly #terminators: PortName[] = [];
  readonly #refs = new WeakSet<object>();

  /** See `graph`. */
  constructor(name: string) {
    this.name = name;
  }

  /**
   * Adds an actor of a stage under a name of its own. Options may be left out where the schema accepts none,
   * or `{}`.
   */
  stage<S extends StandardSchemaV1 | undefined, I extends PortMap, O extends PortMap>(
    name: string,
    stage: Stage<S, I, O>,
    ...[settings]: SettingsArgument<OptionsIn<S>>
  ): StageRef<I, O> {
    this.#stages.push({ name, stage, settings: { ...settings } });
    return {
      name,
      in: this.#portRefs('in', name) as StageRef<I, O>['in'],
      out: this.#portRefs('out', name) as StageRef<I, O>['out'],
    };
  }

  /**
   * Adds an edge from an output port to an input port of the same type. Any number may leave an output or
   * enter an input.
   */
  connect<A extends Port, B extends Port>(
    from: OutRef<A>,
    to: InRef<B> & Connectable<A, B>,
    options: EdgeOptions = {},
  ): void {
    const source: OutRef = this.#own(from);
    const target: InRef = this.#own(to);
    this.#edges.push({ ...options, from: portName(source), to: portName(target) });
  }

  /**
   * Opens an input port to the application. `run.push` takes the name, or the reference that this returns,
   * which types what is pushed.
   */
  input<P extends Port>(name: string, at: InRef<P>, options: BoundaryOptions = {}): InputRef<P> {
    this.#inputs.push({ ...options, name, at: portName(this.#own(at)) });
    return { boundary: 'input', name };
  }

  /**
   * Opens an output port to the application. `run.pull`, `run.samples` and their kin take the name, or the
   * reference that this returns, which types the samples.
   */
  output<P extends Port>(name: string, at: OutRef<P>, options: BoundaryOptions = {}): OutputRef<P> {
    this.#outputs.push({ ...options, name, at: portName(this.#own(at)) });
    return { boundary: 'output', name };
  }

  /** Declares a rate that stages share: `tick: { runner }`. */
  runner(name: string, { hz }: { readonly hz: number }): RunnerRef {
    this.#runners.push({ name, hz });
    return { runner: name };
  }

  /** Declares an event: a counted flag that stages and the application set, reset, and wait for. */
  event(name: string, { initial = false }: { readonly initial?: boolean } = {}): EventRef {
    this.#events.push({ name, initial });
    return { event: name };
  }

  /**
   * Declares a latch: a value of fixed layout, written by one stage, read by others as it was at the last
   * step that both share.
   */
  latch(name: string, { dtype, shape }: FramePort): LatchRef {
    this.#latches.push({ name, dtype, shape });
    return { latch: name };
  }

  /** Says that an output is left unread on purpose: a stream that nobody needs. It holds nobody back. */
  terminate(at: OutRef): void {
    this.#terminators.push(portName(this.#own(at)));
  }

  /** What has been declared so far, as data; later calls do not change it. */
  declaration(): GraphDeclaration {
    return {
      name: this.name,
      stages: [...this.#stages],
      edges: [...this.#edges],
      inputs: [...this.#inputs],
      outputs: [...this.#outputs],
      runners: [...this.#runners],
      events: [...this.#events],
      latches: [...this.#latches],
      terminators: [...this.#terminators],
    };
  }

  /** Compiles and starts the graph. Rejects with `PlanError` when it cannot run. */
  async start(options: StartOptions = {}): Promise<Run> {
    // Loaded here, so that a worker that only hosts stages never loads the run and what it stands on.
    const { startRun } = await import('./run/start.ts');
    return startRun(this.declaration(), options);
  }

  /**
   * The graph as the text of a graph file (TOML) at a path: modules are named relative to its folder. Imports
   * the stages' modules to find out by what names they export them. Rejects with `GraphSaveError`.
   */
  async toToml({ at }: { readonly at: string }): Promise<string> {
    const { declarationText } = await import('./saving/save.ts');
    return declarationText(this.declaration(), at);
  }

  /**
   * Starts the graph again with everything that a recording says came from outside, and compares what all its
   * stages emit. Stages with effects outside are left out, unless asked for. Rejects `RecordingError`.
   */
  async replay(path: string, options: ReplayOptions = {}): Promise<ReplayReport> {
    const { replayRecording } = await import('./run/replay.ts');
    return replayRecording(this.declaration(), path, options);
  }

  /**
   * Opens a recording to go to any of its steps, also back, and see what was there: the graph is started
   * again with what came from outside. Stages with effects outside are left out. Rejects `RecordingError`.
   */
  async rewind(path: string, options: RewindOptions = {}): Promise<Rewind> {
    const { rewindRecording } = await import('./run/rewind.ts');
    return rewindRecording(this.declaration(), path, options);
  }

  /**
   * Writes the graph to a graph file, which `graph.load` and `troupe run` take. Rejects with
   * `GraphSaveError`, and has written nothing then.
   */
  async save(path: string): Promise<void> {
    const { saveDeclaration } = await import('./saving/save.ts');
    return saveDeclaration(this.declaration(), path);
  }

  // Ports may depend on options that have not been checked yet, so a reference exists for every name that is
  // asked for; `compile` reports the ones that are no ports.
  #portRefs(direction: 'in' | 'out', stage: string): object {
    return new Proxy(Object.create(null) as Record<string, object>, {
      get: (refs, port) => {
        if (typeof port !== 'string') return undefined;
        let ref = refs[port];
        if (ref === undefined) {
          ref = Object.freeze({ direction, stage, port });
          refs[port] = ref;
          this.#refs.add(ref);
        }
        return ref;
      },
    });
  }

  #own<R extends object>(ref: R): R {
    if (this.#refs.has(ref)) return ref;
    throw new GraphError(
      `graph '${this.name}' was given a port reference that is not its own`,
      'Use the references that `stage` of this graph returned: `ref.out.<port>` and `ref.in.<port>`.',
    );
  }
}

function portName(ref: OutRef | InRef): { readonly stage: string; readonly port: string } {
  return { stage: ref.stage, port: ref.port };
}

/** `graph` and what it can do beside starting a declaration. */
export interface GraphFunction {
  /** Starts the declaration of a graph. */
  (name: string): Graph;
  /**
   * The graph in a graph file. Imports the modules of its stages, which can run code: those in the folder of
   * the file, and what `allow` names. Rejects with `GraphFileError`.
   */
  load(path: string, options?: GraphLoadOptions): Promise<Graph>;
  /** The same for the text of a graph file. */
  parse(text: string, options: GraphParseOptions): Promise<Graph>;
}

/** Starts the declaration of a graph, or loads one: `graph('radar')`, `await graph.load('radar.toml')`. */
export const graph: GraphFunction = /* @__PURE__ */ Object.assign((name: string) => new Graph(name), {
  async load(path: string, options: GraphLoadOptions = {}): Promise<Graph> {
    const { loadDeclaration } = await import('./saving/load.ts');
    return declared(await loadDeclaration(path, options));
  },
  async parse(text: string, options: GraphParseOptions): Promise<Graph> {
    const { parseDeclaration } = await import('./saving/load.ts');
    return declared(await parseDeclaration(text, options));
  },
});

/** A graph that has been declared elsewhere. All edges lead to stages of the declaration. */
function declared(declaration: GraphDeclaration): Graph {
  const { runners = [], events = [], latches = [], terminators = [] } = declaration;
  const g = new Graph(declaration.name);
  for (const { name, hz } of runners) g.runner(name, { hz });
  for (const { name, initial } of events) g.event(name, { initial });
  for (const { name, dtype, shape } of latches) g.latch(name, frame(dtype, shape));
  const refs = new Map<string, StageRef>();
  for (const { name, stage, settings } of declaration.stages) refs.set(name, g.stage(name, stage, settings));
  const output = ({ stage, port }: PortName): OutRef => refs.get(stage)?.out[port] as OutRef;
  const input = ({ stage, port }: PortName): InRef => refs.get(stage)?.in[port] as InRef;
  for (const { from, to, ...options } of declaration.edges) g.connect(output(from), input(to), options);
  for (const { name, at, ...options } of declaration.inputs) g.input(name, input(at), options);
  for (const { name, at, ...options } of declaration.outputs) g.output(name, output(at), options);
  for (const at of terminators) g.terminate(output(at));
  return g;
}
