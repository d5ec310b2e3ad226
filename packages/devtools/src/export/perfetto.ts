import { PbfWriter } from 'pbf';
import { annotations, category, eventType, field, sequenceFlag } from './perfetto-fields.ts';
import type { Annotation } from './perfetto-fields.ts';

interface Span {
  /** Index of the thread. */
  readonly worker: number;
  /** Nanoseconds from the begin of the trace's clock. */
  readonly startNs: number;
  readonly endNs: number;
}

/** What a thread of a run did, as `Run.trace` tells it. */
export type TracedSpan =
  | (Span & {
      readonly kind: 'calls';
      readonly stage: string;
      readonly work: string;
      /** By which edge; -1: by none. */
      readonly edge: number;
      readonly calls: number;
      readonly isFailed: boolean;
      readonly firstTime: number;
      readonly lastTime: number;
    })
  | (Span & { readonly kind: 'blocked' | 'restart'; readonly stage: string })
  | (Span & { readonly kind: 'sleep' });

/** What else may be shown. */
export type TracedEvent =
  | TracedSpan
  /** A figure, from that time on. */
  | { readonly kind: 'counter'; readonly name: string; readonly atNs: number; readonly value: number }
  /** The mode of the run, from that time on. */
  | { readonly kind: 'mode'; readonly mode: string; readonly atNs: number }
  | { readonly kind: 'error'; readonly stage: string; readonly message: string; readonly atNs: number };

export interface PerfettoOptions {
  /** Shown as the name of the process. */
  readonly name: string;
  readonly pid: number;
  readonly threads: readonly {
    readonly index: number;
    readonly name: string;
    /** Its handlers may overlap: each stage has a track of its own. */
    readonly isAsync: boolean;
  }[];
  /** What edges are called, by index. */
  readonly edges?: readonly string[];
  /** Ticks are due by the wall clock: how late they came is shown. */
  readonly isRealtime?: boolean;
  /** Spans with the same number are joined by arrows. */
  readonly flowOf?: (span: TracedSpan) => number | undefined;
}

const processTrack = 1;
const modeTrack = 2;
const threadTracks = 16;
/** Of stages and counters: far from every thread's. */
const namedTracks = 1_000_000;
/** All packets are of one writer. */
const sequence = 1;

/**
 * A trace in Perfetto's TrackEvent format, piece by piece: the pieces one behind the other are the file that
 * ui.perfetto.dev opens.
 */
export class PerfettoWriter {
  readonly #options: PerfettoOptions;
  readonly #tracks = new Map<string, number>();
  #pbf = new PbfWriter();
  #hasBegun = false;
  #hasMode = false;

  constructor(options: PerfettoOptions) {
    this.#options = options;
  }

  /** The next piece of the file. Spans of one thread come in order. */
  write(events: Iterable<TracedEvent>): Uint8Array {
    this.#pbf = new PbfWriter();
    if (!this.#hasBegun) this.#begin();
    this.#hasBegun = true;
    for (const event of events) this.#event(event);
    return this.#pbf.finish();
  }

  /** The last piece. `atNs`: when the trace ended. */
  end(atNs: number): Uint8Array {
    this.#pbf = new PbfWriter();
    if (this.#hasMode) this.#track(eventType.sliceEnd, modeTrack, atNs);
    this.#hasMode = false;
    return this.#pbf.finish();
  }

  #event(event: TracedEvent): void {
    switch (event.kind) {
      case 'calls':
        return this.#calls(event);
      case 'blocked':
        return this.#slice(event, this.#stageTrack(event.stage), 'blocked', []);
      case 'sleep':
        return this.#slice(event, threadTracks + event.worker, 'sleep', []);
      case 'restart':
        return this.#instant(this.#stageTrack(event.stage), event.startNs, `restart ${event.stage}`, []);
      case 'error':
        return this.#instant(this.#stageTrack(event.stage), event.atNs, `error in ${event.stage}`, [
          ['message', event.message],
        ]);
      case 'mode':
        return this.#mode(event.mode, event.atNs);
      case 'counter': {
        const track = this.#namedTrack('counter', event.name, describeCounter);
        return this.#track(eventType.counter, track, event.atNs, (pbf) =>
          pbf.writeDoubleField(field.event.doubleCounterValue, event.value),
        );
      }
    }
  }

  #calls(span: TracedSpan & { readonly kind: 'calls' }): void {
    const { isRealtime = false, edges = [], threads } = this.#options;
    const { stage, work, worker, edge, calls, isFailed, firstTime, lastTime } = span;
    const isAsync = threads.find(({ index }) => index === worker)?.isAsync === true;
    const track = isAsync ? this.#stageTrack(stage) : threadTracks + worker;
    const about: Annotation[] = [
      ['stage', stage],
      ['work', work],
      ['calls', calls],
      ['first time (ns)', firstTime],
      ['last time (ns)', lastTime],
    ];
    if (edge >= 0) about.push(['edge', edges[edge] ?? String(edge)]);
    if (isFailed) about.push(['failed', true]);
    if (isRealtime && work === 'tick') about.push(['late (ns)', Math.max(0, span.startNs - firstTime)]);
    this.#slice(span, track, `${stage} ${work}`, about, this.#options.flowOf?.(span));
  }

  #slice(span: Span, track: number, name: string, about: readonly Annotation[], flow?: number): void {
    this.#track(eventType.sliceBegin, track, span.startNs, (pbf) => {
      pbf.writeStringField(field.event.category, category);
      pbf.writeStringField(field.event.name, name);
      annotations(pbf, about);
      if (flow !== undefined) pbf.writeFixed64Field(field.event.flow, flow);
    });
    this.#track(eventType.sliceEnd, track, span.endNs);
  }

  #instant(track: number, atNs: number, name: string, about: readonly Annotation[]): void {
    this.#track(eventType.instant, track, atNs, (pbf) => {
      pbf.writeStringField(field.event.category, category);
      pbf.writeStringField(field.event.name, name);
      annotations(pbf, about);
    });
  }

  #mode(mode: string, atNs: number): void {
    if (this.#hasMode) this.#track(eventType.sliceEnd, modeTrack, atNs);
    else this.#describe(modeTrack, 'mode');
    this.#hasMode = true;
    this.#track(eventType.sliceBegin, modeTrack, atNs, (pbf) => {
      pbf.writeStringField(field.event.category, category);
      pbf.writeStringField(field.event.name, mode);
    });
  }

  #begin(): void {
    const { name, pid, threads } = this.#options;
    this.#packet((pbf) => {
      // Nothing is interned: a reader that begins here has everything.
      pbf.writeVarintField(field.packet.sequenceFlags, sequenceFlag.cleared);
      pbf.writeMessage(field.packet.trackDescriptor, describeProcess, { uuid: processTrack, pid, name });
    });
    for (const { index, name: thread } of threads) {
      const described = { uuid: threadTracks + index, pid, tid: pid + index, name: thread };
      this.#packet((pbf) => pbf.writeMessage(field.packet.trackDescriptor, describeThread, described));
    }
  }

  #stageTrack(stage: string): number {
    return this.#namedTrack('stage', stage, () => undefined);
  }

  /** The track of that name, described when it is first written to. */
  #namedTrack(kind: 'stage' | 'counter', name: string, more: (pbf: PbfWriter) => void): number {
    const key = `${kind} ${name}`;
    const known = this.#tracks.get(key);
    if (known !== undefined) return known;
    const uuid = namedTracks + this.#tracks.size;
    this.#tracks.set(key, uuid);
    this.#describe(uuid, name, more);
    return uuid;
  }

  #describe(uuid: number, name: string, more: (pbf: PbfWriter) => void = () => undefined): void {
    const describe = (_: unknown, pbf: PbfWriter): void => {
      pbf.writeVarintField(field.track.uuid, uuid);
      pbf.writeVarintField(field.track.parent, processTrack);
      pbf.writeStringField(field.track.name, name);
      more(pbf);
    };
    this.#packet((pbf) => pbf.writeMessage(field.packet.trackDescriptor, describe, undefined));
  }

  #track(type: number, track: number, atNs: number, more: (pbf: PbfWriter) => void = () => undefined): void {
    const event = (_: unknown, pbf: PbfWriter): void => {
      pbf.writeVarintField(field.event.type, type);
      pbf.writeVarintField(field.event.track, track);
      more(pbf);
    };
    this.#packet((pbf) => {
      pbf.writeVarintField(field.packet.timestamp, Math.max(0, Math.round(atNs)));
      pbf.writeMessage(field.packet.trackEvent, event, undefined);
    });
  }

  #packet(fill: (pbf: PbfWriter) => void): void {
    const packet = (_: unknown, pbf: PbfWriter): void => {
      pbf.writeVarintField(field.packet.sequence, sequence);
      fill(pbf);
    };
    this.#pbf.writeMessage(field.trace.packet, packet, undefined);
  }
}

interface Described {
  readonly uuid: number;
  readonly pid: number;
  readonly name: string;
}

function describeProcess({ uuid, pid, name }: Described, pbf: PbfWriter): void {
  pbf.writeVarintField(field.track.uuid, uuid);
  const process = (_: unknown, inner: PbfWriter): void => {
    inner.writeVarintField(field.process.pid, pid);
    inner.writeStringField(field.process.name, name);
  };
  pbf.writeMessage(field.track.process, process, undefined);
}

function describeThread(
  { uuid, pid, tid, name }: Described & { readonly tid: number },
  pbf: PbfWriter,
): void {
  pbf.writeVarintField(field.track.uuid, uuid);
  pbf.writeVarintField(field.track.parent, processTrack);
  const thread = (_: unknown, inner: PbfWriter): void => {
    inner.writeVarintField(field.thread.pid, pid);
    inner.writeVarintField(field.thread.tid, tid);
    inner.writeStringField(field.thread.name, name);
  };
  pbf.writeMessage(field.track.thread, thread, undefined);
}

function describeCounter(pbf: PbfWriter): void {
  pbf.writeMessage(field.track.counter, () => undefined, undefined);
}
