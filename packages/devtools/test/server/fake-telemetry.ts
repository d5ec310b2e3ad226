import type {
  Command,
  DebugWire,
  GraphWire,
  HappeningWire,
  OpenReplay,
  OpenTap,
  OpenTrace,
  Reading,
  ReplyWire,
  SpanWire,
  StageWire,
  TapRead,
  TappedWire,
  TapWish,
  Telemetry,
} from '@troupe/core/telemetry';
import { edgeColumns, stageColumns, workerColumns } from '@troupe/core/telemetry';
import { stageWire } from '../model/scene.ts';

/** A run that does what a test says. */
export class FakeTelemetry implements Telemetry {
  readonly epochMs = 1_000;
  readonly recordings: string[] = [];
  readonly replayOf: undefined;
  readonly #over = Promise.withResolvers<void>();
  readonly over = this.#over.promise;
  readonly stages: Float64Array;
  readonly edges: Float64Array;
  readonly workers: Float64Array = new Float64Array(2 * workerColumns.length);
  readonly log: HappeningWire[] = [];
  readonly commands: Command[] = [];
  readonly taps: { readonly wish: TapWish; readonly take: (read: TapRead) => void; isOpen: boolean }[] = [];
  readonly seeks: object[] = [];
  tracesOpen = 0;
  replaysOpen = 0;
  reads = 0;
  spans: SpanWire[] = [];
  debugState: DebugWire = { held: [], isAllHeld: false, breakpoints: [], hit: undefined };
  /** What a seek waits for. */
  seeking: Promise<void> = Promise.resolve();
  readonly #wire: GraphWire;

  constructor(stages = 3) {
    this.#wire = graphOf(stages);
    this.stages = new Float64Array(stages * stageColumns.length);
    this.edges = new Float64Array((stages - 1) * edgeColumns.length);
  }

  end(): void {
    this.#over.resolve();
  }

  /** Sets a figure of a stage. */
  setStage(stage: number, column: (typeof stageColumns)[number], value: number): void {
    this.stages[stage * stageColumns.length + stageColumns.indexOf(column)] = value;
  }

  graph(): GraphWire {
    return this.#wire;
  }

  read(): Reading {
    this.reads += 1;
    const { stages, edges, workers } = this;
    return { elapsedMs: this.reads, stages, edges, workers, mode: 'idle', events: [3], resources: [] };
  }

  latencies(): ReturnType<Telemetry['latencies']> {
    const none = this.#wire.stages.map(() => ({ p50: 0, p99: 0, max: 0 }));
    return { queueWait: none, handler: none };
  }

  detail(stage: number): ReturnType<Telemetry['detail']> {
    if (stage >= this.#wire.stages.length) return undefined;
    const none = { buckets: new Uint32Array(4), maxNs: 0, sumNs: 0 };
    const histograms = { queueWait: none, onInput: none, onTick: none, sourceToHere: none };
    return { stage, ...histograms, inlets: [], failures: [], restarts: [], letters: [] };
  }

  census(): Promise<never[]> {
    return Promise.resolve([]);
  }

  debug(): DebugWire {
    return this.debugState;
  }

  happenings(id: number): readonly HappeningWire[] {
    return this.log.filter((happening) => happening.id >= id);
  }

  get happened(): number {
    return (this.log.at(-1)?.id ?? -1) + 1;
  }

  tap(wish: TapWish, take: (read: TapRead) => void): Promise<OpenTap> {
    if (wish.edge >= this.#wire.edges.length) return Promise.reject(new Error('there is no such edge'));
    const tap = { wish, take, isOpen: true };
    this.taps.push(tap);
    return Promise.resolve({ close: () => void (tap.isOpen = false) });
  }

  trace(): OpenTrace {
    this.tracesOpen += 1;
    return {
      read: () => ({ spans: this.spans.splice(0), missed: 0 }),
      close: () => void (this.tracesOpen -= 1),
    };
  }

  perform(command: Command): Promise<ReplyWire> {
    this.commands.push(command);
    if (command.do === 'path') return Promise.resolve({ kind: 'path', halts: [] });
    return Promise.resolve({ kind: 'done' });
  }

  replay(recording: string): Promise<OpenReplay> {
    this.replaysOpen += 1;
    return Promise.resolve({
      replay: {
        recording,
        isExact: true,
        durationNs: 100,
        steps: 10,
        marks: [],
        marksLeftOut: 0,
        leftOut: [],
        warnings: [],
      },
      seek: async (to) => {
        this.seeks.push(to);
        await this.seeking;
        return momentAt('step' in to ? to.step : 0);
      },
      close: async () => void (this.replaysOpen -= 1),
    });
  }
}

function momentAt(step: number): Awaited<ReturnType<OpenReplay['seek']>> {
  const none = { rows: new Uint32Array(0), values: new Float64Array(0) };
  const figures = { stages: none, edges: none, divergence: undefined, compared: 0 };
  return { step, timeNs: 10 * step, mode: 'idle', events: [], messages: [], ...figures };
}

/** A message of an edge whose value takes about so many bytes. */
export function messageOf(seq: number, bytes: number): TappedWire {
  const payload = { kind: 'plain', value: 'x'.repeat(bytes) } as const;
  const flags = { redelivered: false, resent: false };
  return { stage: 0, port: 'out', seq, timeNs: seq, payload, ...flags, latencyNs: 5 };
}

/** A chain of stages on one worker. */
function graphOf(stages: number): GraphWire {
  return {
    name: 'chain',
    clock: 'realtime',
    stages: Array.from({ length: stages }, (_, index) => stageOf(index)),
    edges: Array.from({ length: stages - 1 }, (_, index) => ({
      index,
      from: { kind: 'stage', stage: index, port: 'out' },
      to: { kind: 'stage', stage: index + 1, port: 'in' },
      kind: 'message',
      transport: 'ring',
      overflow: 'block',
      back: false,
    })),
    workers: [
      { index: 0, role: 'main' },
      { index: 1, role: 'compute' },
    ],
    runners: [],
    events: ['go'],
    resources: [],
    latches: [],
    modes: { initial: 'idle', names: ['idle'], transitions: [] },
    warnings: [],
    bucketsNs: new Float64Array(4),
  };
}

function stageOf(index: number): StageWire {
  const port = { kind: 'message', dtype: undefined, shape: undefined } as const;
  return stageWire(index, `stage${index}`, {
    stage: 'pass',
    inputs: [{ name: 'in', ...port }],
    outputs: [{ name: 'out', ...port }],
  });
}
