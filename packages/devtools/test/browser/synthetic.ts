import type {
  Command,
  DebugWire,
  EdgeWire,
  GraphWire,
  HappeningWire,
  OpenReplay,
  OpenTap,
  OpenTrace,
  Reading,
  ReplyWire,
  StageWire,
  Telemetry,
} from '@troupe/core/telemetry';
import { actorStates, edgeColumns, stageColumns, workerColumns } from '@troupe/core/telemetry';
import { stageWire } from '../model/scene.ts';

/** A stage of a made-up run, and what it does with its time. */
export interface StageSketch {
  readonly name: string;
  readonly worker?: number;
  readonly tags?: readonly string[];
  readonly busy?: number;
  readonly blocked?: number;
  /** Messages per second. */
  readonly rate?: number;
  readonly state?: (typeof actorStates)[number];
  readonly restarts?: number;
  readonly activeIn?: readonly string[];
}

export interface EdgeSketch {
  readonly from: string;
  readonly to: string;
  readonly depth?: number;
  readonly capacity?: number;
  readonly overflow?: EdgeWire['overflow'];
  readonly droppedPerSecond?: number;
  readonly back?: boolean;
}

export interface RunSketch {
  readonly name: string;
  readonly workers: number;
  readonly stages: readonly StageSketch[];
  /** An end that is no stage is a terminal. */
  readonly edges: readonly EdgeSketch[];
}

/** The telemetry of a run that does not exist: its figures grow with time, as a sketch says. */
export class SyntheticRun implements Telemetry {
  readonly epochMs: number = Date.now();
  readonly recordings: readonly string[] = [];
  readonly replayOf: undefined;
  readonly over: Promise<void>;
  readonly commands: Command[] = [];
  readonly #sketch: RunSketch;
  readonly #graph: GraphWire;
  readonly #happenings: HappeningWire[] = [];
  #debug: DebugWire = { held: [], isAllHeld: false, breakpoints: [], hit: undefined };
  #end: () => void = () => undefined;

  constructor(sketch: RunSketch) {
    this.#sketch = sketch;
    this.#graph = graphOf(sketch);
    this.over = new Promise((resolve) => {
      this.#end = resolve;
    });
  }

  get happened(): number {
    return this.#happenings.length;
  }

  graph(): GraphWire {
    return this.#graph;
  }

  /** So that rates are right from the first look on, the run is a minute old when it begins. */
  read(): Reading {
    const elapsedMs = 60_000 + Date.now() - this.epochMs;
    const { stages, edges, workers } = this.#sketch;
    return {
      elapsedMs,
      stages: rows(stages, stageColumns, (stage) => stageFigures(stage, elapsedMs)),
      edges: rows(edges, edgeColumns, (edge) => edgeFigures(edge, elapsedMs)),
      workers: rows(Array.from({ length: workers + 1 }), workerColumns, () => ({ busyNs: elapsedMs * 5e5 })),
      mode: 'recording',
      events: [],
      resources: [],
    };
  }

  latencies(): ReturnType<Telemetry['latencies']> {
    const none = this.#sketch.stages.map(() => ({ p50: 20_000, p99: 90_000, max: 400_000 }));
    return { queueWait: none, handler: none };
  }

  detail(): undefined {
    return undefined;
  }

  census(): Promise<readonly []> {
    return Promise.resolve([]);
  }

  debug(): DebugWire {
    return this.#debug;
  }

  happenings(id: number): readonly HappeningWire[] {
    return this.#happenings.slice(id);
  }

  tap(): Promise<OpenTap> {
    return Promise.reject(new Error('a made-up run has no messages'));
  }

  trace(): OpenTrace {
    return { read: () => ({ spans: [], missed: 0 }), close: () => undefined };
  }

  perform(command: Command): Promise<ReplyWire> {
    this.commands.push(command);
    if (command.do === 'pause' || command.do === 'resume') {
      this.#debug = { ...this.#debug, isAllHeld: command.do === 'pause' };
    }
    return Promise.resolve({ kind: 'done' });
  }

  replay(): Promise<OpenReplay> {
    return Promise.reject(new Error('a made-up run has no recordings'));
  }

  end(): void {
    const id = this.#happenings.length;
    this.#happenings.push({ id, atMs: 61_000, type: 'end', reason: 'stopped', error: undefined });
    this.#end();
  }
}

type Figures = Readonly<Record<string, number>>;

function rows<Row>(
  sketches: readonly Row[],
  columns: readonly string[],
  of: (row: Row) => Figures,
): Float64Array {
  const table = new Float64Array(sketches.length * columns.length);
  for (const [row, sketch] of sketches.entries()) {
    const figures = of(sketch);
    for (const [at, column] of columns.entries()) table[row * columns.length + at] = figures[column] ?? 0;
  }
  return table;
}

function stageFigures(stage: StageSketch, elapsedMs: number): Figures {
  const { busy = 0.2, blocked = 0, rate = 100, state = 'running', restarts = 0 } = stage;
  const handled = Math.floor((rate * elapsedMs) / 1_000);
  return {
    state: actorStates.indexOf(state),
    handled,
    in: handled,
    out: handled,
    restarts,
    busyNs: busy * elapsedMs * 1e6,
    blockedNs: blocked * elapsedMs * 1e6,
  };
}

function edgeFigures(edge: EdgeSketch, elapsedMs: number): Figures {
  const { depth = 0, capacity = 64, droppedPerSecond = 0, overflow = 'block' } = edge;
  const sent = Math.floor(elapsedMs / 10);
  return {
    sent,
    received: sent - depth,
    depth,
    capacity,
    highWater: depth,
    isBlocking: overflow === 'block' ? 1 : 0,
    [overflow]: Math.floor((droppedPerSecond * elapsedMs) / 1_000),
  };
}

function graphOf({ name, workers, stages, edges }: RunSketch): GraphWire {
  const index = new Map(stages.map((stage, at) => [stage.name, at]));
  const end = (of: string, port: string): EdgeWire['from'] => {
    const stage = index.get(of);
    return stage === undefined ? { kind: 'boundary', name: of } : { kind: 'stage', stage, port };
  };
  const workerOf = (of: string): number => stages[index.get(of) ?? -1]?.worker ?? 0;
  return {
    name,
    clock: 'realtime',
    stages: stages.map((stage, at) => stageOf(stage, at)),
    edges: edges.map((edge, at) => ({
      index: at,
      from: end(edge.from, 'samples'),
      to: end(edge.to, 'samples'),
      kind: 'frame',
      transport: workerOf(edge.from) === workerOf(edge.to) ? 'fused' : 'ring',
      overflow: edge.overflow ?? 'block',
      back: edge.back ?? false,
    })),
    workers: Array.from({ length: workers + 1 }, (_, at) => ({
      index: at,
      role: at === 0 ? 'main' : 'compute',
    })),
    runners: [],
    events: [],
    resources: [],
    latches: [],
    modes: { initial: 'idle', names: ['idle', 'recording'], transitions: [] },
    warnings: [],
    bucketsNs: Float64Array.from({ length: 32 }, (_, at) => 2 ** at),
  };
}

function stageOf({ name, worker = 1, tags = [], activeIn }: StageSketch, index: number): StageWire {
  const samples = { name: 'samples', kind: 'frame', dtype: 'float32', shape: [8] } as const;
  return stageWire(index, name, {
    stage: name.replace(/^.*[/.]/, '').replace(/\d+$/, ''),
    worker,
    tags,
    inputs: [samples],
    outputs: [samples],
    activeIn,
  });
}
