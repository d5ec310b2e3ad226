import assert from 'node:assert/strict';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Dispatcher } from '../src/dispatcher.ts';
import {
  EdgeOverflowError,
  EmitError,
  MessageTooLargeError,
  NotSerialisableError,
  SpillOverflowError,
} from '../src/errors.ts';
import { FrameReader, FrameWriter } from '../src/frame-ring.ts';
import { allocateJournal, redo } from '../src/journal.ts';
import { allocateFrameRing } from '../src/layout.ts';
import { localQueue } from '../src/local-queue.ts';
import type { MailboxReader } from '../src/mailbox-reader.ts';
import { allocateMessageRing, MessageReader, MessageWriter } from '../src/message-ring.ts';
import { MessageOutlet } from '../src/message-outlet.ts';
import type { MessageEdge } from '../src/message-outlet.ts';
import { FrameOutlet } from '../src/outlet.ts';
import type { Outlet, RefusalPolicy, RefusingEdge } from '../src/outlet.ts';
import { Envelope } from '../src/ring-reader.ts';

const capacity = 4;
const spillMax = 6;

/** An outlet whose messages are numbers, and the mailboxes behind it. */
interface Rig {
  readonly outlet: Outlet;
  readonly send: (payload: number) => void;
  /** Edges that hold the writer back. */
  readonly holding: readonly MailboxReader[];
  /** The edge with `dropNewest`, and how much it dropped. */
  readonly dropping: MailboxReader;
  readonly dropped: () => number;
}

interface Got {
  readonly payload: number;
  readonly seq: number;
}

function drain(reader: MailboxReader, max = Infinity): Got[] {
  const got: Got[] = [];
  const envelope = new Envelope();
  while (got.length < max && reader.take(envelope)) {
    const payload =
      envelope.frame === undefined ? (envelope.value as { n: number }).n : Number(envelope.frame[0]);
    got.push({ payload, seq: envelope.seq });
    expect(envelope.time).toBe(payload * 10);
    reader.settle();
  }
  reader.release();
  return got;
}

function frameRing(): { writer: FrameWriter; reader: FrameReader; buffer: SharedArrayBuffer } {
  const buffer = allocateFrameRing({ dtype: 'int32', shape: [2], capacity });
  return { buffer, writer: new FrameWriter(buffer), reader: new FrameReader(buffer) };
}

function messageRing(bytesMax = 100): {
  writer: MessageWriter;
  reader: MessageReader;
  buffer: SharedArrayBuffer;
} {
  const buffer = allocateMessageRing({ capacity, bytesMax, arenaBytes: 4096 });
  return { buffer, writer: new MessageWriter(buffer), reader: new MessageReader(buffer) };
}

function frameRig(maxEmit = 2): Rig {
  const { buffer, writer, reader } = frameRing();
  const refusing = frameRing();
  const edge: RefusingEdge<FrameWriter> = {
    writer: refusing.writer,
    policy: 'dropNewest',
    capacity,
    dropped: 0,
  };
  const outlet = new FrameOutlet('out', writer, [edge], maxEmit, spillMax);
  return {
    outlet,
    send: (payload) => {
      if (payload % 2 === 0) outlet.send(Int32Array.of(payload, payload), payload * 10, 0);
      else {
        outlet.reserve().fill(payload as never);
        outlet.commit(payload * 10, 0);
      }
    },
    holding: [reader, new FrameReader(buffer, { capacity: 3 })],
    dropping: refusing.reader,
    dropped: () => edge.dropped,
  };
}

function messageEdge(writer: MessageEdge['writer'], isLocal: boolean, refusal?: RefusalPolicy): MessageEdge {
  return { writer, isLocal, refusal, capacity, dropped: 0 };
}

function messageRig(maxEmit = 2): Rig {
  const local = localQueue({ capacity: 3 });
  const [ring, refusing] = [messageRing(), messageRing()];
  const edge = messageEdge(refusing.writer, false, 'dropNewest');
  const edges = [messageEdge(local.writer, true), messageEdge(ring.writer, false), edge];
  const outlet = new MessageOutlet('out', edges, maxEmit, spillMax);
  return {
    outlet,
    send: (n) => outlet.send({ n }, n * 10, 0),
    holding: [ring.reader, local.reader],
    dropping: refusing.reader,
    dropped: () => edge.dropped,
  };
}

const rigs: [string, (maxEmit?: number) => Rig][] = [
  ['frame outlet', frameRig],
  ['message outlet', messageRig],
];

const steps = fc.array(
  fc.oneof(
    fc.record({
      kind: fc.constant('call' as const),
      count: fc.integer({ min: 0, max: 12 }),
      who: fc.constant(0),
    }),
    fc.record({
      kind: fc.constant('throw' as const),
      count: fc.integer({ min: 1, max: 8 }),
      who: fc.constant(0),
    }),
    fc.record({ kind: fc.constant('commit' as const), count: fc.constant(0), who: fc.constant(0) }),
    fc.record({
      kind: fc.constant('read' as const),
      count: fc.integer({ min: 1, max: 5 }),
      who: fc.integer({ min: 0, max: 2 }),
    }),
  ),
  { maxLength: 80 },
);

/** Steps an outlet as the executor does, and keeps what every mailbox must get. */
class Scenario {
  readonly rig: Rig;
  readonly dispatcher = new Dispatcher();
  /** Payloads of calls that ended well, in order; their positions are their seqs. */
  readonly sent: number[] = [];
  readonly got: Got[][] = [[], [], []];
  #next = 0;

  constructor(rig: Rig) {
    this.rig = rig;
  }

  run(kind: 'call' | 'throw' | 'commit' | 'read', count: number, who: number): void {
    if (kind === 'read') this.#read(who, count);
    else if (kind === 'commit') this.commit();
    else this.#call(count, kind === 'throw');
  }

  commit(): void {
    this.rig.outlet.drainSpill();
    this.rig.outlet.settle();
    this.dispatcher.commit([this.rig.outlet], [], 1);
  }

  #call(count: number, isThrowing: boolean): void {
    const { outlet } = this.rig;
    if (outlet.hasSpill() || !outlet.isReady()) return;
    const payloads = Array.from({ length: count }, () => this.#next++);
    try {
      for (const payload of payloads) this.rig.send(payload);
      if (isThrowing) throw new SpillOverflowError('none', 0, 0);
    } catch (error) {
      assert.ok(error instanceof SpillOverflowError);
      assert.ok(isThrowing || count > spillMax);
      outlet.rollback();
      assert.equal(outlet.hasSpill(), false);
      return;
    }
    assert.ok(count > outlet.maxEmit || !outlet.hasSpill());
    this.sent.push(...payloads);
    outlet.settle();
  }

  #read(who: number, count: number): void {
    const reader = [...this.rig.holding, this.rig.dropping][who];
    if (reader !== undefined) this.got[who]?.push(...drain(reader, count));
  }

  /** Drains everything to the end. */
  finish(): void {
    for (let round = 0; round < 200; round += 1) {
      this.commit();
      for (const who of [0, 1, 2]) this.#read(who, Infinity);
    }
  }
}

describe.each(rigs)('%s', (_, open) => {
  it('delivers each settled message once, in order, to edges that hold, and counts what others drop', () => {
    fc.assert(
      fc.property(steps, (given) => {
        const scenario = new Scenario(open());
        for (const { kind, count, who } of given) scenario.run(kind, count, who);
        scenario.finish();
        const all = scenario.sent.map((payload, seq) => ({ payload, seq }));
        expect(scenario.got[0]).toEqual(all);
        expect(scenario.got[1]).toEqual(all);
        const kept = scenario.got[2] ?? [];
        expect(all.filter(({ payload }) => kept.some((each) => each.payload === payload))).toEqual(kept);
        expect(kept.length + scenario.rig.dropped()).toBe(all.length);
        expect(scenario.rig.outlet.emitted).toBe(all.length);
      }),
      { numRuns: 300 },
    );
  });

  it('is ready exactly when every edge that holds has room for maxEmit', () => {
    const { outlet, send, holding } = open(2);
    const dispatcher = new Dispatcher();
    expect(outlet.isReady()).toBe(true);
    send(1);
    outlet.settle();
    expect(outlet.isReady()).toBe(true);
    send(2);
    outlet.settle();
    // The narrowest of its edges has a capacity of 3.
    expect([outlet.isReady(), outlet.wantRoom()]).toEqual([false, false]);
    dispatcher.commit([outlet], [], 1);
    for (const reader of holding.slice(0, 1)) drain(reader);
    expect(outlet.isReady()).toBe(false);
    for (const reader of holding.slice(1)) drain(reader);
    expect([outlet.isReady(), outlet.wantRoom()]).toEqual([true, true]);
  });

  it('shows nothing before it is settled and published, and nothing of what is rolled back', () => {
    const { outlet, send, holding, dropping } = open();
    const dispatcher = new Dispatcher();
    send(1);
    dispatcher.commit([outlet], [], 1);
    expect(outlet.isDirty()).toBe(false);
    expect([...holding, dropping].map((reader) => reader.available())).toEqual([0, 0, 0]);
    outlet.rollback();
    send(2);
    outlet.settle();
    expect([outlet.isDirty(), outlet.isDirtyOutside()]).toEqual([true, true]);
    dispatcher.commit([outlet], [], 1);
    for (const reader of [...holding, dropping]) expect(drain(reader)).toEqual([{ payload: 2, seq: 0 }]);
  });

  it('spills in order up to its bound, and is not ready until the spill has drained', () => {
    const { outlet, send, holding, dropped } = open();
    const dispatcher = new Dispatcher();
    for (let payload = 0; payload < 3 + spillMax; payload += 1) send(payload);
    expect(() => send(99)).toThrow(SpillOverflowError);
    expect(outlet.spilled).toBe(spillMax);
    const seen: number[] = [];
    outlet.settle();
    for (let round = 0; round < 4; round += 1) {
      dispatcher.commit([outlet], [], 1);
      for (const reader of holding.slice(1)) drain(reader);
      seen.push(...drain(holding[0] as MailboxReader).map(({ payload }) => payload));
      expect(outlet.isReady()).toBe(!outlet.hasSpill());
      outlet.drainSpill();
      outlet.settle();
    }
    expect(seen).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8]);
    // Neither the ninth nor the one too many found room there.
    expect(dropped()).toBe(3 + spillMax - capacity + 1);
  });

  it('ends every edge', () => {
    const { outlet, holding, dropping } = open();
    outlet.end();
    expect([...holding, dropping].map((reader) => reader.hasEnded())).toEqual([true, true, true]);
  });
});

describe('edges with overflow: error', () => {
  it('fails the call, of which nothing remains', () => {
    const [primary, refusing] = [frameRing(), frameRing()];
    const edge: RefusingEdge<FrameWriter> = {
      writer: refusing.writer,
      policy: 'error',
      capacity,
      dropped: 0,
    };
    const frames = new FrameOutlet('out', primary.writer, [edge], 1, spillMax);
    const [held, full] = [messageRing(), messageRing()];
    const messages = new MessageOutlet(
      'out',
      [messageEdge(held.writer, false), messageEdge(full.writer, false, 'error')],
      1,
      spillMax,
    );
    const sends: [Outlet, MailboxReader, MailboxReader, (n: number) => void][] = [
      [frames, primary.reader, refusing.reader, (n) => frames.send(Int32Array.of(n, n), n * 10, 0)],
      [messages, held.reader, full.reader, (n) => messages.send({ n }, n * 10, 0)],
    ];
    for (const [outlet, holding, failing, send] of sends) {
      for (const n of [0, 1, 2]) send(n);
      outlet.settle();
      outlet.publish(0);
      drain(holding);
      send(3);
      expect(() => send(4)).toThrow(EdgeOverflowError);
      outlet.rollback();
      send(5);
      outlet.settle();
      outlet.publish(0);
      expect(drain(holding)).toEqual([{ payload: 5, seq: 3 }]);
      expect(drain(failing).map(({ payload }) => payload)).toEqual([0, 1, 2, 5]);
    }
  });
});

describe('what cannot be emitted', () => {
  it('frames: a commit without reserve, another length, no frame at all', () => {
    const outlet = new FrameOutlet('out', frameRing().writer, [], 1, spillMax);
    expect(() => outlet.commit(0, 0)).toThrow(EmitError);
    expect(() => outlet.send(Int32Array.of(1), 0, 0)).toThrow(EmitError);
    expect(() => outlet.send(undefined as never, 0, 0)).toThrow(EmitError);
    outlet.reserve();
    outlet.rollback();
    expect(() => outlet.commit(0, 0)).toThrow(EmitError);
  });

  it('messages: too large, or no value; in the call that sent them, spilled or not', () => {
    const { writer, reader } = messageRing(100);
    const outlet = new MessageOutlet('out', [messageEdge(writer, false)], 1, spillMax);
    for (let n = 0; n < 8; n += 1) {
      expect(() => outlet.send('x'.repeat(100), 0, 0)).toThrow(MessageTooLargeError);
      expect(() => outlet.send(() => n, 0, 0)).toThrow(NotSerialisableError);
      outlet.send({ n }, n * 10, 0);
    }
    expect(outlet.hasSpill()).toBe(true);
    outlet.settle();
    outlet.publish(0);
    expect(drain(reader)).toHaveLength(capacity);
  });

  it('a spilled message is what it was when it was sent', () => {
    const { writer, reader } = messageRing();
    const outlet = new MessageOutlet('out', [messageEdge(writer, false)], 1, spillMax);
    const value = { n: 7 };
    for (let i = 0; i <= capacity; i += 1) outlet.send(value, 70, 0);
    value.n = 8;
    outlet.settle();
    outlet.publish(0);
    expect(drain(reader)).toHaveLength(capacity);
    expect(outlet.drainSpill()).toBe(true);
    outlet.settle();
    outlet.publish(0);
    expect(drain(reader)).toEqual([{ payload: 7, seq: capacity }]);
  });
});

describe('commit', () => {
  /**
   * Two inputs (one of each kind) and two outputs on five rings, with a call between them that is not yet
   * committed.
   */
  function transaction(): {
    readonly rings: SharedArrayBuffer[];
    readonly outlets: Outlet[];
    readonly inlets: MailboxReader[];
    readonly journal: SharedArrayBuffer;
  } {
    const [frameIn, messageIn, frameOut, refusing, messageOut] = [
      frameRing(),
      messageRing(),
      frameRing(),
      frameRing(),
      messageRing(),
    ];
    const all = [frameIn, messageIn, frameOut, refusing, messageOut];
    for (const [id, { writer, reader }] of all.entries()) writer.id = reader.id = id;
    const frames = new FrameOutlet(
      'frames',
      frameOut.writer,
      [{ writer: refusing.writer, policy: 'dropNewest', capacity, dropped: 0 }],
      2,
      spillMax,
    );
    const messages = new MessageOutlet('messages', [messageEdge(messageOut.writer, false)], 2, spillMax);
    frameIn.writer.write(Int32Array.of(1, 1), 10);
    messageIn.writer.append(Uint8Array.of(1, 49), 10, 0, 0);
    messageIn.writer.settle();
    messageIn.writer.publish(0);
    for (const { reader } of [frameIn, messageIn]) {
      expect(reader.take(new Envelope())).toBe(true);
      reader.settle();
    }
    for (const n of [2, 3]) {
      frames.send(Int32Array.of(n, n), n * 10, 0);
      messages.send({ n }, n * 10, 0);
    }
    for (const outlet of [frames, messages]) outlet.settle();
    return {
      rings: all.map(({ buffer }) => buffer),
      outlets: [frames, messages],
      inlets: [frameIn.reader, messageIn.reader],
      journal: allocateJournal(8),
    };
  }

  /**
   * What successors on other threads find: messages waiting on each ring, and the seq that its writer goes on
   * with.
   */
  const found = (rings: readonly SharedArrayBuffer[]): { waiting: number[]; seqs: number[] } => {
    const kinds = [FrameReader, MessageReader, FrameReader, FrameReader, MessageReader];
    const writers = [FrameWriter, MessageWriter, FrameWriter, FrameWriter, MessageWriter];
    return {
      waiting: rings.map((ring, i) => new (kinds[i] ?? FrameReader)(ring, { place: 0 }).available()),
      seqs: rings.map((ring, i) => new (writers[i] ?? FrameWriter)(ring).seq),
    };
  };

  const nothing = { waiting: [1, 1, 0, 0, 0], seqs: [1, 1, 0, 0, 0] };
  const everything = { waiting: [0, 0, 2, 2, 2], seqs: [1, 1, 2, 2, 2] };

  /** Runs a commit on a thread that dies at its nth call of `record`, `publish` or `release`. */
  function dieAt(step: number, parts: ReturnType<typeof transaction>): boolean {
    let left = step;
    const doomed = <T extends object>(target: T): T =>
      new Proxy(target, {
        get(object, name) {
          const method: unknown = Reflect.get(object, name);
          if (typeof method !== 'function') return method;
          return (...args: unknown[]): unknown => {
            if (left-- === 0) throw new Error('dead');
            return Reflect.apply(method, object, args);
          };
        },
      });
    try {
      const dispatcher = new Dispatcher(parts.journal);
      dispatcher.commit(parts.outlets.map(doomed), parts.inlets.map(doomed), 1);
      return false;
    } catch {
      return true;
    }
  }

  it('happens as a whole or not at all, wherever the thread dies', () => {
    // Four calls of `record`, then two of `publish` and two of `release`.
    for (let step = 0; step < 8; step += 1) {
      const parts = transaction();
      expect(dieAt(step, parts)).toBe(true);
      const isSealed = step >= 4;
      expect(redo(parts.journal, parts)).toBe(isSealed);
      expect(found(parts.rings)).toEqual(isSealed ? everything : nothing);
      expect(redo(parts.journal, parts)).toBe(false);
    }
  });

  it('leaves nothing to redo once it is over', () => {
    const parts = transaction();
    expect(dieAt(8, parts)).toBe(false);
    expect(redo(parts.journal, parts)).toBe(false);
    expect(found(parts.rings)).toEqual(everything);
  });

  it('may be redone any number of times', () => {
    const parts = transaction();
    dieAt(5, parts);
    const copy = new SharedArrayBuffer(parts.journal.byteLength);
    new Int32Array(copy).set(new Int32Array(parts.journal));
    redo(parts.journal, parts);
    redo(copy, parts);
    expect(found(parts.rings)).toEqual(everything);
  });
});
