import { fileURLToPath } from 'node:url';
import protobuf from 'protobufjs';
import { describe, expect, it } from 'vitest';
import { PerfettoWriter } from '@troupe/devtools/export';
import type { PerfettoOptions, TracedEvent, TracedSpan } from '@troupe/devtools/export';

interface Packet {
  readonly timestamp?: number;
  readonly trustedPacketSequenceId: number;
  readonly trackEvent?: {
    readonly type: string;
    readonly trackUuid: number;
    readonly name?: string;
    readonly categories?: readonly string[];
    readonly doubleCounterValue?: number;
    readonly flowIds?: readonly number[];
    readonly debugAnnotations?: readonly Record<string, unknown>[];
  };
  readonly trackDescriptor?: Record<string, unknown>;
}

const proto = await protobuf.load(fileURLToPath(new URL('perfetto.proto', import.meta.url)));
const trace = proto.lookupType('perfetto.protos.Trace');

function read(pieces: readonly Uint8Array[]): readonly Packet[] {
  const bytes = Buffer.concat(pieces);
  const message = trace.decode(bytes);
  // Nothing is there that the definitions do not know.
  expect(Buffer.from(trace.encode(message).finish()).length).toBe(bytes.length);
  return (trace.toObject(message, { longs: Number, enums: String }) as { packet: Packet[] }).packet;
}

const options: PerfettoOptions = {
  name: 'radar',
  pid: 4_711,
  threads: [
    { index: 0, name: 'main', isAsync: true },
    { index: 1, name: 'worker 1', isAsync: false },
  ],
  edges: ['a.out → b.in'],
};

function span(
  startNs: number,
  endNs: number,
  more: Partial<TracedSpan & { kind: 'calls' }> = {},
): TracedSpan {
  return {
    kind: 'calls',
    worker: 1,
    stage: 'b',
    work: 'input',
    edge: 0,
    calls: 3,
    isFailed: false,
    firstTime: 5,
    lastTime: 7,
    startNs,
    endNs,
    ...more,
  };
}

function written(events: readonly TracedEvent[], more: Partial<PerfettoOptions> = {}): readonly Packet[] {
  return read([new PerfettoWriter({ ...options, ...more }).write(events)]);
}

function tracksOf(packets: readonly Packet[]): readonly Record<string, unknown>[] {
  return packets.flatMap(({ trackDescriptor }) => (trackDescriptor === undefined ? [] : [trackDescriptor]));
}

function eventsOf(packets: readonly Packet[]): readonly (Packet['trackEvent'] & { readonly at: number })[] {
  return packets.flatMap(({ timestamp, trackEvent }) =>
    trackEvent === undefined ? [] : [{ ...trackEvent, at: timestamp ?? -1 }],
  );
}

function argumentsOf(event: Packet['trackEvent']): Record<string, unknown> {
  return Object.fromEntries(
    (event?.debugAnnotations ?? []).map(({ name, ...value }) => [name, Object.values(value)[0]]),
  );
}

describe('a trace for Perfetto', () => {
  it('describes the process and its threads first', () => {
    const packets = written([]);
    expect(tracksOf(packets)).toEqual([
      { uuid: 1, process: { pid: 4_711, processName: 'radar' } },
      { uuid: 16, parentUuid: 1, thread: { pid: 4_711, tid: 4_711, threadName: 'main' } },
      { uuid: 17, parentUuid: 1, thread: { pid: 4_711, tid: 4_712, threadName: 'worker 1' } },
    ]);
    expect(packets.every(({ trustedPacketSequenceId }) => trustedPacketSequenceId === 1)).toBe(true);
  });

  it('shows handler calls on their thread, with what they were about', () => {
    const [begin, end] = eventsOf(written([span(1_000, 2_500, { isFailed: true })]));
    expect(begin).toMatchObject({
      at: 1_000,
      type: 'TYPE_SLICE_BEGIN',
      trackUuid: 17,
      name: 'b input',
      categories: ['troupe'],
    });
    expect(argumentsOf(begin)).toEqual({
      stage: 'b',
      work: 'input',
      calls: 3,
      'first time (ns)': 5,
      'last time (ns)': 7,
      edge: 'a.out → b.in',
      failed: true,
    });
    expect(end).toEqual({ at: 2_500, type: 'TYPE_SLICE_END', trackUuid: 17 });
  });

  it('gives each stage of a thread whose handlers overlap a track of its own', () => {
    const packets = written([
      span(0, 10, { worker: 0, stage: 'a' }),
      span(5, 8, { worker: 0, stage: 'b' }),
      span(10, 20, { worker: 0, stage: 'a' }),
    ]);
    expect(tracksOf(packets).slice(3)).toEqual([
      { uuid: 1_000_000, parentUuid: 1, name: 'a' },
      { uuid: 1_000_001, parentUuid: 1, name: 'b' },
    ]);
    const a = eventsOf(packets).filter(({ trackUuid }) => trackUuid === 1_000_000);
    expect(a.map(({ at, type }) => [at, type])).toEqual([
      [0, 'TYPE_SLICE_BEGIN'],
      [10, 'TYPE_SLICE_END'],
      [10, 'TYPE_SLICE_BEGIN'],
      [20, 'TYPE_SLICE_END'],
    ]);
  });

  it('shows when stages were blocked, threads slept, stages were created anew and failed', () => {
    const packets = written([
      { kind: 'sleep', worker: 1, startNs: 0, endNs: 4 },
      { kind: 'blocked', worker: 1, stage: 'b', startNs: 4, endNs: 6 },
      { kind: 'restart', worker: 1, stage: 'b', startNs: 7, endNs: 7 },
      { kind: 'error', stage: 'b', message: 'no', atNs: 8 },
    ]);
    expect(eventsOf(packets).map(({ at, type, trackUuid, name }) => [at, type, trackUuid, name])).toEqual([
      [0, 'TYPE_SLICE_BEGIN', 17, 'sleep'],
      [4, 'TYPE_SLICE_END', 17, undefined],
      [4, 'TYPE_SLICE_BEGIN', 1_000_000, 'blocked'],
      [6, 'TYPE_SLICE_END', 1_000_000, undefined],
      [7, 'TYPE_INSTANT', 1_000_000, 'restart b'],
      [8, 'TYPE_INSTANT', 1_000_000, 'error in b'],
    ]);
    expect(argumentsOf(eventsOf(packets).at(-1))).toEqual({ message: 'no' });
  });

  it('says how late a tick came, where it was due by the wall clock', () => {
    const tick = span(12_000, 13_000, { work: 'tick', edge: -1, firstTime: 10_000, lastTime: 10_000 });
    expect(argumentsOf(eventsOf(written([tick], { isRealtime: true }))[0])).toMatchObject({
      'late (ns)': 2_000,
    });
    expect(argumentsOf(eventsOf(written([tick]))[0])).not.toHaveProperty('late (ns)');
    expect(argumentsOf(eventsOf(written([tick]))[0])).not.toHaveProperty('edge');
  });

  it('shows figures and modes', () => {
    const writer = new PerfettoWriter(options);
    const packets = read([
      writer.write([
        { kind: 'counter', name: 'depth', atNs: 1, value: 2.5 },
        { kind: 'mode', mode: 'idle', atNs: 1 },
      ]),
      writer.write([
        { kind: 'counter', name: 'depth', atNs: 3, value: 0 },
        { kind: 'mode', mode: 'training', atNs: 3 },
      ]),
      writer.end(9),
    ]);
    expect(tracksOf(packets).slice(3)).toEqual([
      { uuid: 1_000_000, parentUuid: 1, name: 'depth', counter: {} },
      { uuid: 2, parentUuid: 1, name: 'mode' },
    ]);
    // A stage may be called like a figure.
    const stage: TracedEvent = { kind: 'restart', worker: 1, stage: 'depth', startNs: 9, endNs: 9 };
    expect(tracksOf(read([writer.write([stage])]))).toEqual([
      { uuid: 1_000_001, parentUuid: 1, name: 'depth' },
    ]);
    expect(eventsOf(packets)).toEqual([
      { at: 1, type: 'TYPE_COUNTER', trackUuid: 1_000_000, doubleCounterValue: 2.5 },
      { at: 1, type: 'TYPE_SLICE_BEGIN', trackUuid: 2, name: 'idle', categories: ['troupe'] },
      { at: 3, type: 'TYPE_COUNTER', trackUuid: 1_000_000, doubleCounterValue: 0 },
      { at: 3, type: 'TYPE_SLICE_END', trackUuid: 2 },
      { at: 3, type: 'TYPE_SLICE_BEGIN', trackUuid: 2, name: 'training', categories: ['troupe'] },
      { at: 9, type: 'TYPE_SLICE_END', trackUuid: 2 },
    ]);
  });

  it('joins what belongs together', () => {
    const flowOf = ({ startNs }: TracedSpan): number | undefined => (startNs === 0 ? undefined : 42);
    const packets = written([span(0, 1), span(2, 3), span(4, 5)], { flowOf });
    expect(eventsOf(packets).map(({ flowIds }) => flowIds)).toEqual([
      undefined,
      undefined,
      [42],
      undefined,
      [42],
      undefined,
    ]);
  });

  it('holds times and numbers of any size', () => {
    const far = 3e15;
    const packets = written([span(far + 0.2, far + 10, { firstTime: -5, lastTime: far })]);
    expect(eventsOf(packets).map(({ at }) => at)).toEqual([far, far + 10]);
    expect(argumentsOf(eventsOf(packets)[0])).toMatchObject({ 'first time (ns)': -5, 'last time (ns)': far });
    expect(eventsOf(written([span(-3, 1)])).map(({ at }) => at)).toEqual([0, 1]);
  });
});
