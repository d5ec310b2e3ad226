import assert from 'node:assert/strict';
import {
  allocateFrameRing,
  allocateJournal,
  attachReader,
  Dispatcher,
  Envelope,
  FrameOutlet,
  FrameReader,
  FrameWriter,
  redo,
} from '@troupe/mailbox';
import type { Journaled, Releasable } from '@troupe/mailbox';
import { ActorLedger, allocateLedger, EdgeLedger } from '../../../src/executor/ledger.ts';
import { TickNote } from '../../../src/executor/tick-note.ts';
import type { Protocol } from '../engine/protocol.ts';
import { pause, untilOver } from '../engine/thread.ts';

/** Ring 0: inputs; 1 and 2: outputs. */
interface World {
  readonly shared: Journaled & { readonly ledger: SharedArrayBuffer };
  readonly journal: SharedArrayBuffer;
  readonly inputs: number;
  readonly seen: number[];
}

const capacity = 4;

function ring(index: number, inputs: number): SharedArrayBuffer {
  const buffer = allocateFrameRing({ dtype: 'int32', shape: [1], capacity, slots: capacity, readersMax: 1 });
  attachReader(buffer, 0, { capacity });
  if (index > 0) return buffer;
  const writer = new FrameWriter(buffer);
  for (let n = 0; n < inputs; n++) writer.write(Int32Array.of(n), n);
  writer.end();
  return buffer;
}

function worldOf(inputs: number): World {
  const rings = [0, 1, 2].map((index) => ring(index, inputs));
  const ledger = allocateLedger(1, 1);
  return { shared: { rings, ledger }, journal: allocateJournal(8), inputs, seen: [] };
}

/** An actor with one input and two outputs, as an executor has it. */
interface Bench {
  readonly reader: FrameReader;
  readonly outlets: readonly FrameOutlet[];
  readonly dispatcher: Dispatcher;
  readonly edge: EdgeLedger;
}

function open({ shared: { rings, ledger }, journal }: World): Bench {
  const reader = new FrameReader(rings[0] as SharedArrayBuffer, { place: 0 });
  reader.id = 0;
  const one = new FrameWriter(rings[1] as SharedArrayBuffer);
  one.id = 1;
  const other = new FrameWriter(rings[2] as SharedArrayBuffer);
  other.id = 2;
  const outlets = [new FrameOutlet('one', one, [], 1, 8), new FrameOutlet('other', other, [], 1, 8)];
  return { reader, outlets, dispatcher: new Dispatcher(journal), edge: new EdgeLedger(ledger, 1, 0) };
}

/** Handles what is there: each input causes one message on each output. */
function handle(bench: Bench, marks: number): void {
  const { reader, outlets, dispatcher } = bench;
  const envelope = new Envelope();
  let marksLeft = marks;
  while (reader.take(envelope)) {
    const n = (envelope.frame as Int32Array)[0] as number;
    const flags = marksLeft-- > 0 ? 1 : 0;
    for (const outlet of outlets) outlet.send(Int32Array.of(10 * n), n, flags);
    for (const outlet of outlets) outlet.settle();
    reader.settle();
    dispatcher.commit(outlets, [reader], 0);
  }
}

/** What has arrived on an output. */
function arrived(buffer: SharedArrayBuffer): { readonly values: number[]; readonly flags: number[] } {
  const reader = new FrameReader(buffer, { place: 0 });
  const envelope = new Envelope();
  const values: number[] = [];
  const flags: number[] = [];
  while (reader.take(envelope)) {
    values.push(((envelope.frame as Int32Array)[0] as number) / 10);
    flags.push(envelope.flags & 1);
  }
  return { values, flags };
}

function exactlyOnce({ shared: { rings }, inputs }: World): void {
  const all = Array.from({ length: inputs }, (_, n) => n);
  for (const output of rings.slice(1)) assert.deepEqual(arrived(output).values, all);
}

/** Whoever looks from outside sees both outputs of an input, or will see both after the owner's work. */
export const commit: Protocol<World> = {
  setup: () => worldOf(3),
  threads: {
    worker(world) {
      handle(open(world), 0);
    },
    owner(world) {
      if (!untilOver('worker')) return;
      redo(world.journal, world.shared);
      handle(open(world), 0);
    },
  },
  mortal: ['worker'],
  final: exactlyOnce,
};

/** The successor dies as well. */
export const commitTwice: Protocol<World> = {
  setup: () => worldOf(2),
  threads: {
    worker(world) {
      handle(open(world), 0);
    },
    successor(world) {
      if (!untilOver('worker')) return;
      redo(world.journal, world.shared);
      handle(open(world), 0);
    },
    owner(world) {
      if (!untilOver('successor')) return;
      redo(world.journal, world.shared);
      handle(open(world), 0);
    },
  },
  mortal: ['worker', 'successor'],
  deathsMax: 2,
  final: exactlyOnce,
};

/** Somebody reads the outputs while the worker commits, dies, and is succeeded. */
export const commitObserved: Protocol<World> = {
  ...commit,
  setup: () => worldOf(2),
  threads: {
    ...commit.threads,
    consumer(world) {
      const reader = new FrameReader(world.shared.rings[1] as SharedArrayBuffer, { place: 0 });
      const envelope = new Envelope();
      while (world.seen.length < world.inputs) {
        if (!reader.take(envelope)) {
          pause();
          continue;
        }
        world.seen.push(((envelope.frame as Int32Array)[0] as number) / 10);
        reader.settle();
      }
    },
  },
  final({ seen }) {
    assert.deepEqual(seen, [0, 1]);
  },
};

/** As `handle`, but shows what it has emitted before the call is over. */
function handleInParts({ reader, outlets, dispatcher, edge }: Bench, exposed: number): void {
  const envelope = new Envelope();
  const [outlet] = outlets as [FrameOutlet];
  let marksLeft = exposed;
  while (reader.take(envelope)) {
    const n = (envelope.frame as Int32Array)[0] as number;
    outlet.send(Int32Array.of(10 * n), n, marksLeft-- > 0 ? 1 : 0);
    outlet.settle();
    // The input is exposed before anything of it may be seen.
    edge.expose(reader.position);
    dispatcher.publish([outlet], 0);
    reader.settle();
    dispatcher.commit([outlet], [reader], 0);
  }
}

/** What is shown in parts may come twice, and then it comes marked. */
export const exposed: Protocol<World> = {
  setup: () => worldOf(3),
  threads: {
    worker(world) {
      handleInParts(open(world), 0);
    },
    owner(world) {
      if (!untilOver('worker')) return;
      redo(world.journal, world.shared);
      const bench = open(world);
      handleInParts(bench, bench.edge.exposedFrom(bench.reader.position, capacity));
    },
  },
  mortal: ['worker'],
  final({ shared: { rings }, inputs }) {
    const { values, flags } = arrived(rings[1] as SharedArrayBuffer);
    const firsts = values.filter((n, i) => values.indexOf(n) === i);
    assert.deepEqual(
      firsts,
      Array.from({ length: inputs }, (_, n) => n),
    );
    for (const [i, n] of values.entries())
      if (values.indexOf(n) !== i) assert.equal(flags[i], 1, 'twice, and not marked');
  },
};

function tick({ outlets, dispatcher }: Bench, note: TickNote, from: number): void {
  const [outlet] = outlets as [FrameOutlet];
  for (let round = from; round <= 3; round++) {
    if (note.isDone(round)) continue;
    note.give(round);
    outlet.send(Int32Array.of(10 * (round - 1)), round, 0);
    outlet.settle();
    note.settle();
    const used: readonly Releasable[] = [note];
    dispatcher.commit([outlet], used, 0);
  }
}

/** A tick's emission and the note that it has been handled: both, or neither. */
export const ticks: Protocol<World> = {
  setup: () => worldOf(3),
  threads: {
    worker(world) {
      tick(open(world), new TickNote(new ActorLedger(world.shared.ledger, 0)), 1);
    },
    owner(world) {
      if (!untilOver('worker')) return;
      redo(world.journal, world.shared);
      const ledger = new ActorLedger(world.shared.ledger, 0);
      // The round that is open is the one after the last that was closed, or that one.
      tick(open(world), new TickNote(ledger), Math.max(1, ledger.ticked));
    },
  },
  mortal: ['worker'],
  final({ shared: { rings }, inputs }) {
    assert.deepEqual(
      arrived(rings[1] as SharedArrayBuffer).values,
      Array.from({ length: inputs }, (_, n) => n),
    );
  },
};
