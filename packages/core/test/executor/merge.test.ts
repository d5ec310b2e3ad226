import { deepStrictEqual, ok } from 'node:assert/strict';
import { allocateFrameRing, Envelope, FrameReader, FrameWriter, startRingAt } from '@troupe/mailbox';
import type { MailboxReader } from '@troupe/mailbox';
import fc from 'fast-check';
import { test } from 'vitest';
import { roundFlag } from '../../src/clock/turn.ts';
import type { Actor, Inlet } from '../../src/executor/actor.ts';
import { LateReader } from '../../src/executor/late-reader.ts';
import { Merge } from '../../src/executor/merge.ts';
import { RoundState } from '../../src/executor/round-part.ts';
import type { Part } from '../../src/executor/round-part.ts';
import type { Overflow, Plan } from '../../src/plan/types.ts';

/** An edge into the actor under test, and the times of what comes by it, by steps and their rounds. */
interface Feed {
  readonly overflow: Overflow;
  readonly isBack: boolean;
  readonly times: readonly (readonly (readonly number[])[])[];
}

interface Message {
  readonly inlet: number;
  readonly seq: number;
  readonly time: number;
}

const capacity = 4;
/** Behind a back-edge that blocks waits what a whole step brings. */
const backCapacity = 64;

const feed = fc.record({
  overflow: fc.constantFrom<Overflow>('block', 'block', 'block', 'latest', 'dropOldest', 'dropNewest'),
  isBack: fc.boolean(),
  times: fc.array(
    fc.array(fc.array(fc.integer({ min: 0, max: 4 }), { maxLength: 7 }), { minLength: 2, maxLength: 2 }),
    { minLength: 3, maxLength: 3 },
  ),
});

/** One inlet with its writer, and what has to come of it whenever it comes. */
class Link {
  readonly reader: MailboxReader;
  readonly #feed: Feed;
  readonly #index: number;
  readonly #writer: FrameWriter;
  #left: number[] = [];
  #isMarked = false;
  #sent = 0;
  /** By docs/determinism.md: what is handled in this round, and what is left for the next step. */
  #forward: Message[] = [];
  #late: Message[] = [];
  #atWriter: Message[] = [];

  constructor(given: Feed, index: number) {
    const { overflow, isBack } = given;
    const isLossy = overflow === 'latest' || overflow === 'dropOldest';
    const most = isBack && overflow === 'block' ? backCapacity : capacity;
    const buffer = allocateFrameRing({ dtype: 'float64', shape: [1], capacity: most, slots: 64 });
    startRingAt(buffer, -20);
    this.#feed = given;
    this.#index = index;
    this.#writer = new FrameWriter(buffer);
    // Rings begin at 0; this one meets the change of sign.
    this.#writer.mark(0);
    const ring = new FrameReader(buffer, { policy: isLossy ? overflow : 'block', capacity: most });
    this.reader = isBack && overflow !== 'block' ? new LateReader(ring) : ring;
  }

  /** A round begins. What it is going to bring follows from the feeds alone. */
  begin(step: number, round: number): void {
    this.#left = [...(this.#feed.times[step]?.[round] ?? [])];
    this.#isMarked = false;
    const sent = this.#left.map((time, i) => ({ inlet: this.#index, seq: this.#sent + i, time }));
    const { overflow, isBack } = this.#feed;
    if (isBack) {
      this.#forward = round === 0 ? this.#late.splice(0) : [];
      this.#atWriter.push(...sent.filter((_, i) => overflow !== 'dropNewest' || this.#fits(i)));
    } else if (overflow === 'latest') this.#forward = sent.slice(-1);
    else if (overflow === 'dropOldest') this.#forward = sent.slice(-capacity);
    else this.#forward = overflow === 'dropNewest' ? sent.slice(0, capacity) : sent;
    this.#sent += sent.length;
  }

  #fits(at: number): boolean {
    return this.#atWriter.length + at < capacity;
  }

  /** What is handled in the round. */
  get expected(): readonly Message[] {
    return this.#forward;
  }

  /** Its writer goes on: sends what is next, or ends the round. False when it had. */
  go(round: number): boolean {
    if (this.#isMarked) return false;
    const time = this.#left[0];
    if (time === undefined) {
      this.#writer.mark(round);
      this.#isMarked = true;
      return true;
    }
    const hasRoom = this.#writer.room(1) > 0;
    if (!hasRoom && this.#feed.overflow !== 'dropNewest') return false;
    this.#left.shift();
    if (hasRoom) this.#writer.view()[0] = this.#sent - 1 - this.#left.length;
    if (hasRoom) this.#writer.commit(time);
    this.#writer.settle();
    this.#writer.publish(0);
    return true;
  }

  /** The round is over everywhere. */
  end(): void {
    const { overflow, isBack } = this.#feed;
    if (this.reader instanceof LateReader) this.reader.collect();
    if (!isBack) return;
    const room = overflow === 'dropNewest' ? capacity - this.#late.length : Infinity;
    this.#late.push(...this.#atWriter.splice(0, room));
    if (overflow === 'latest') this.#late = this.#late.slice(-1);
    if (overflow === 'dropOldest') this.#late = this.#late.slice(-capacity);
  }
}

/** The order of a round: always the earliest of what is in front of the inlets. */
function merged(links: readonly Link[]): Message[] {
  const queues = links.map(({ expected }) => [...expected]);
  const order: Message[] = [];
  for (;;) {
    const fronts = queues.flatMap(([front]) => front ?? []);
    const [first] = fronts.toSorted((a, b) => a.time - b.time || a.inlet - b.inlet);
    if (first === undefined) return order;
    queues[first.inlet]?.shift();
    order.push(first);
  }
}

/** Handles the messages of one round as they come; `choices` say who goes on next, and how far. */
function handleRound(
  links: readonly Link[],
  { merge, actor, part }: { readonly merge: Merge; readonly actor: Actor; readonly part: Part },
  round: number,
  next: () => number,
): Message[] {
  const envelope = new Envelope();
  const order: Message[] = [];
  for (let idle = 0; ;) {
    ok(idle < 1000, 'nobody can go on');
    // Nobody is left out for ever.
    const who = (idle > 20 ? idle : next()) % (links.length + 1);
    if (who < links.length) {
      idle = links[who]?.go(round) === true ? 0 : idle + 1;
      continue;
    }
    const state = merge.next(actor, part);
    if (state === 'close') break;
    idle++;
    if (state === 'wait') {
      // As a thread that is about to sleep does.
      for (const { reader } of links) reader.release();
      continue;
    }
    const { inlet, count } = part;
    ok(inlet !== undefined && count > 0);
    for (let i = 1 + (next() % count); i > 0; i--) {
      deepStrictEqual(inlet.reader.take(envelope), true);
      const { time } = envelope;
      order.push({ inlet: inlet.edge, seq: Number(envelope.frame?.[0]), time });
    }
    inlet.reader.settle();
    if (next() % 2 === 0) inlet.reader.release();
    idle = 0;
  }
  for (const { reader } of links) reader.release();
  return order;
}

test('what an actor handles in a round, and in which order, does not depend on when it comes', () => {
  const choices = fc.array(fc.nat({ max: 1000 }), { minLength: 1, maxLength: 300, size: 'max' });
  fc.assert(
    fc.property(fc.array(feed, { minLength: 1, maxLength: 4 }), choices, (feeds, list) => {
      const links = feeds.map((given, index) => new Link(given, index));
      const inlets = links.map(
        ({ reader }, edge) => ({ edge, reader, isBack: feeds[edge]?.isBack }) as Inlet,
      );
      const state = new RoundState();
      const plan = { edges: feeds.map(({ overflow }) => ({ overflow })) } as unknown as Plan;
      const parts = {
        merge: new Merge(plan, state),
        actor: { inlets } as unknown as Actor,
        part: {} as Part,
      };
      let at = 0;
      const next = (): number => list[at++ % list.length] as number;
      let round = 0;
      for (let step = 0; step < 3; step++) {
        for (let place = 0; place < 2; place++) {
          state.begin(++round, place === 0 ? roundFlag.first : 0);
          for (const link of links) link.begin(step, place);
          const expected = merged(links);
          deepStrictEqual(handleRound(links, parts, round, next), expected);
          // Those whose messages wait for the next step have not been awaited.
          for (const link of links) while (link.go(round));
          for (const link of links) link.end();
        }
      }
    }),
    { numRuns: 2_000 },
  );
});
