import { describe, expect, test } from 'vitest';
import fc from 'fast-check';
import { ActorLedger, allocateLedger, EdgeLedger, noEdge } from '../../src/executor/ledger.ts';

const int32 = fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 });

type Note = {
  readonly actor: number;
  readonly what: 'enter' | 'hold' | 'pend' | 'create' | 'leave';
  readonly value: number;
};

const actors = 3;
const notes: fc.Arbitrary<readonly Note[]> = fc.array(
  fc.record({
    actor: fc.integer({ min: 0, max: actors - 1 }),
    what: fc.constantFrom('enter', 'hold', 'pend', 'create', 'leave'),
    value: int32,
  }),
  { maxLength: 60 },
);

describe('the ledger of actors', () => {
  test('says what was noted last, of each actor by itself', () => {
    fc.assert(
      fc.property(notes, (given) => {
        const memory = allocateLedger(actors, 0);
        const model = Array.from({ length: actors }, () => ({
          edge: 0,
          position: 0,
          state: 'leave',
          calls: 0,
        }));
        for (const { actor, what, value } of given) {
          const ledger = new ActorLedger(memory, actor);
          const known = model[actor];
          if (known === undefined) throw new Error('no such actor');
          if (what === 'hold') {
            ledger.hold(value);
            known.position = value;
            continue;
          }
          if (what === 'enter') {
            ledger.enter(value);
            known.edge = value;
            known.calls++;
          } else ledger[what]();
          if (what === 'create') known.edge = noEdge.start;
          known.state = what;
        }
        for (const [actor, { edge, position, state, calls }] of model.entries()) {
          expect(new ActorLedger(memory, actor).read()).toEqual({
            edge,
            position,
            calls,
            isRunning: state === 'enter',
            isPending: state === 'pend',
            isCreating: state === 'create',
          });
        }
      }),
    );
  });
});

describe('the ledger of edges', () => {
  test('counts what was exposed beyond the cursor, also around the wrap of positions', () => {
    fc.assert(
      fc.property(
        int32,
        fc.integer({ min: -100, max: 100 }),
        fc.constantFrom(16, 64),
        (cursor, ahead, slots) => {
          const memory = allocateLedger(2, 3);
          const ledger = new EdgeLedger(memory, 2, 1);
          expect(ledger.exposedFrom(cursor, slots)).toBe(0);
          ledger.expose((cursor + ahead) | 0);
          expect(new EdgeLedger(memory, 2, 1).exposedFrom(cursor, slots)).toBe(
            ahead > 0 && ahead <= slots ? ahead : 0,
          );
          expect(new EdgeLedger(memory, 2, 0).exposedFrom(cursor, slots)).toBe(0);
          expect(new EdgeLedger(memory, 2, 2).exposedFrom(cursor, slots)).toBe(0);
          expect(new ActorLedger(memory, 1).read()).toMatchObject({ edge: 0, position: 0, calls: 0 });
        },
      ),
    );
  });

  test('keeps what was said of later inputs, by whomever, but not what is a lap old', () => {
    fc.assert(
      fc.property(int32, fc.integer({ min: 0, max: 16 }), fc.integer({ min: 0, max: 16 }), (cursor, a, b) => {
        const memory = allocateLedger(1, 1);
        new EdgeLedger(memory, 1, 0).expose((cursor + a) | 0);
        const successor = new EdgeLedger(memory, 1, 0);
        successor.expose((cursor + b) | 0);
        expect(successor.exposedFrom(cursor, 16)).toBe(Math.max(a, b));
        successor.expose((cursor + 2 ** 31) | 0);
        expect(successor.exposedFrom((cursor + 2 ** 31 - 1) | 0, 16)).toBe(1);
      }),
    );
  });
});
