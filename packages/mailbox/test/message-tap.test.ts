import { describe, expect, it } from 'vitest';
import {
  allocateMessageRing,
  allocateTapControl,
  Envelope,
  localQueue,
  MessageOutlet,
  MessageReader,
  MessageTap,
  TapControl,
} from '@troupe/mailbox';
import type { LocalReader } from '@troupe/mailbox';

interface Watched {
  readonly outlet: MessageOutlet;
  readonly control: TapControl;
  readonly tap: MessageTap;
  /** What another thread in place of the writer would begin with. */
  readonly successor: () => MessageTap;
  readonly seen: () => unknown[];
  /** As `seen`, with the times of publication. */
  readonly stamped: () => unknown[];
  /** Who takes what the edge carries. */
  readonly edge: LocalReader;
}

/** An outlet with one local edge, watched by a ring of 4 messages. */
function watched(isSampled: boolean, spillMax = 8, capacity = 64): Watched {
  const { writer, reader: end } = localQueue({ capacity });
  const edge = { writer, isLocal: true, refusal: undefined, capacity, dropped: 0 };
  const outlet = new MessageOutlet('out', [edge], 1, spillMax);
  const ring = allocateMessageRing({ capacity: 4, bytesMax: 256, arenaBytes: 4_096 });
  const control = new TapControl(allocateTapControl());
  const reader = new MessageReader(ring, { policy: 'dropOldest', isWatching: true });
  const open = (): MessageTap => new MessageTap(1, { ring, control: control.memory }, isSampled, []);
  const tap = open();
  outlet.watch(tap);
  const envelope = new Envelope();
  const stamped = (): [number, unknown, number][] => {
    const values: [number, unknown, number][] = [];
    while (reader.take(envelope)) {
      reader.settle();
      values.push([envelope.seq, envelope.value, envelope.stamp]);
    }
    reader.release();
    return values;
  };
  const seen = (): unknown[] => stamped().map(([seq, value]) => [seq, value]);
  return { outlet, control, tap, successor: open, seen, stamped, edge: end };
}

function send(outlet: MessageOutlet, ...values: readonly unknown[]): void {
  for (const value of values) outlet.send(value, 0, 0);
}

function commit(outlet: MessageOutlet): void {
  outlet.settle();
  outlet.publish(0);
}

describe('a tap on an output of values', () => {
  it('sees what settled calls have emitted, once that is published', () => {
    const { outlet, seen } = watched(false);
    send(outlet, 'a', 'b');
    outlet.publish(0);
    expect(seen()).toEqual([]);
    outlet.rollback();
    send(outlet, 'c');
    outlet.settle();
    expect(seen()).toEqual([]);
    outlet.publish(0);
    expect(seen()).toEqual([[0, 'c']]);
  });

  it('sees what waits for room when its edges get it, and what is taken back never', () => {
    const { outlet, edge, stamped } = watched(false, 8, 2);
    const next = (atMs: number): void => {
      edge.settle();
      edge.release();
      outlet.drainSpill();
      outlet.settle();
      outlet.publish(atMs);
    };
    send(outlet, 'a', 'b', 'c', 'd', 'e');
    outlet.settle();
    outlet.publish(10);
    expect([outlet.hasSpill(), stamped()]).toEqual([
      true,
      [
        [0, 'a', 10],
        [1, 'b', 10],
      ],
    ]);
    edge.take(new Envelope());
    next(20);
    expect(stamped()).toEqual([[2, 'c', 20]]);
    edge.take(new Envelope());
    edge.take(new Envelope());
    next(30);
    expect([outlet.hasSpill(), stamped()]).toEqual([
      false,
      [
        [3, 'd', 30],
        [4, 'e', 30],
      ],
    ]);
    send(outlet, 'f', 'g');
    outlet.rollback();
    edge.take(new Envelope());
    next(40);
    expect(stamped()).toEqual([]);
  });

  it('sampled: of what waits for room each is given or counted, once', () => {
    const { outlet, edge, control, seen } = watched(true, 64, 4);
    const take = (count: number): void => {
      for (let i = 0; i < count; i++) edge.take(new Envelope());
      edge.settle();
      edge.release();
      outlet.drainSpill();
      commit(outlet);
    };
    send(outlet, ...Array.from({ length: 24 }, (_, n) => n));
    commit(outlet);
    expect([seen(), control.passed]).toEqual([[], 4]);
    control.ask(2);
    take(4);
    expect([seen(), control.passed]).toEqual([
      [
        [4, 4],
        [5, 5],
      ],
      6,
    ]);
    for (let i = 0; i < 4; i++) take(4);
    expect([outlet.hasSpill(), seen(), control.passed]).toEqual([false, [], 22]);
  });

  it('is overtaken, never waited for', () => {
    const { outlet, seen } = watched(false);
    for (let n = 0; n < 10; n++) {
      send(outlet, n);
      commit(outlet);
    }
    const last = seen();
    expect(last.at(-1)).toEqual([9, 9]);
    expect(last.length).toBeLessThanOrEqual(4);
  });

  it('sampled: takes as many as it was asked for, and counts the others call by call', () => {
    const { outlet, control, seen } = watched(true);
    send(outlet, 'a');
    commit(outlet);
    expect(control.passed).toBe(1);
    control.ask(2);
    send(outlet, 'b', 'c', 'd');
    // The call throws: what it had taken is there to be taken again.
    outlet.rollback();
    send(outlet, 'b', 'c', 'd');
    commit(outlet);
    expect(seen()).toEqual([
      [1, 'b'],
      [2, 'c'],
    ]);
    expect(control.passed).toBe(2);
    // To be asked twice is to be asked once.
    control.ask(1);
    control.ask(1);
    send(outlet, 'e', 'f');
    commit(outlet);
    expect(seen()).toEqual([[4, 'e']]);
  });

  it('counts what cannot be serialised or is too large, and fails no call', () => {
    const { outlet, control, seen } = watched(false);
    send(outlet, () => 1, 'x'.repeat(300), 'a');
    commit(outlet);
    expect(seen()).toEqual([[2, 'a']]);
    expect(control.unreadable).toBe(2);
  });

  it('goes on at a successor with its counts', () => {
    const { outlet, control, successor, seen } = watched(true);
    control.ask(3);
    send(outlet, 'a', 'b');
    commit(outlet);
    // Taken, and not published: it dies with the thread.
    send(outlet, 'lost');
    outlet.unwatch(1);
    outlet.watch(successor());
    outlet.watch(successor());
    outlet.rollback();
    send(outlet, 'c', 'd');
    commit(outlet);
    expect(seen()).toEqual([
      [0, 'a'],
      [1, 'b'],
      [2, 'c'],
    ]);
    expect(control.passed).toBe(1);
  });

  it('leaves an outlet as it was', () => {
    const { outlet, seen } = watched(false);
    outlet.unwatch(7);
    send(outlet, 'a');
    commit(outlet);
    outlet.unwatch(1);
    send(outlet, 'b');
    commit(outlet);
    expect(seen()).toEqual([[0, 'a']]);
    expect(outlet.emitted).toBe(2);
  });

  it('lets batches go past between two asks, and counts them', () => {
    const { outlet, control, seen } = watched(true, 8, 256);
    const batch = (from: number, count: number): void => {
      send(outlet, ...Array.from({ length: count }, (_, i) => from + i));
      commit(outlet);
    };
    batch(0, 20);
    batch(20, 20);
    expect([seen(), control.passed]).toEqual([[], 40]);
    // Asked for at rest: it is known at the end of the next batch.
    control.ask(2);
    batch(40, 20);
    expect([seen(), control.passed]).toEqual([[], 60]);
    batch(60, 20);
    expect([seen(), control.passed]).toEqual([
      [
        [60, 60],
        [61, 61],
      ],
      78,
    ]);
    // Single ones are offered: the next one after the ask is given.
    batch(80, 1);
    control.ask(1);
    batch(81, 1);
    expect([seen(), control.passed]).toEqual([[[81, 81]], 80 - 1]);
  });

  it('counts what goes past once, whether there is room for it or not, and not what is taken back', () => {
    const { outlet, control, seen } = watched(true, 8, 24);
    const fill = (from: number, count: number): void =>
      send(outlet, ...Array.from({ length: count }, (_, i) => from + i));
    fill(0, 16);
    commit(outlet);
    fill(16, 4);
    outlet.rollback();
    // 8 fit, 4 wait for room.
    fill(16, 12);
    commit(outlet);
    expect([outlet.hasSpill(), control.passed]).toEqual([true, 24]);
    expect(seen()).toEqual([]);
  });
});
