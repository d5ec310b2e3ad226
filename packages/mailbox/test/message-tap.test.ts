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

interface Watched {
  readonly outlet: MessageOutlet;
  readonly control: TapControl;
  readonly tap: MessageTap;
  /** What another thread in place of the writer would begin with. */
  readonly successor: () => MessageTap;
  readonly seen: () => unknown[];
}

/** An outlet with one local edge, watched by a ring of 4 messages. */
function watched(isSampled: boolean, spillMax = 8, capacity = 64): Watched {
  const { writer } = localQueue({ capacity });
  const edge = { writer, isLocal: true, refusal: undefined, capacity, dropped: 0 };
  const outlet = new MessageOutlet('out', [edge], 1, spillMax);
  const ring = allocateMessageRing({ capacity: 4, bytesMax: 256, arenaBytes: 4_096 });
  const control = new TapControl(allocateTapControl());
  const reader = new MessageReader(ring, { policy: 'dropOldest' });
  const open = (): MessageTap => new MessageTap(1, { ring, control: control.memory }, isSampled, []);
  const tap = open();
  outlet.watch(tap);
  const envelope = new Envelope();
  const seen = (): unknown[] => {
    const values: unknown[] = [];
    while (reader.take(envelope)) {
      reader.settle();
      values.push([envelope.seq, envelope.value]);
    }
    reader.release();
    return values;
  };
  return { outlet, control, tap, successor: open, seen };
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

  it('numbers what spills as its edges will', () => {
    const { outlet, seen } = watched(false, 8, 1);
    send(outlet, 'a', 'b', 'c');
    commit(outlet);
    expect(outlet.hasSpill()).toBe(true);
    expect(seen()).toEqual([
      [0, 'a'],
      [1, 'b'],
      [2, 'c'],
    ]);
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
