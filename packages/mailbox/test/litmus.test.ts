import { Worker } from 'node:worker_threads';
import { describe, expect, it } from 'vitest';
import { allocateDoorbells, Doorbell } from '../src/doorbell.ts';
import { allocateFrameRing, startRingAt } from '../src/layout.ts';
import { allocateMessageRing } from '../src/message-ring.ts';
import { attachReader, detachReader } from '../src/ring-places.ts';
import type { ReaderPolicy } from '../src/ring-reader.ts';
import type { Finding, Role } from './litmus-worker.ts';

interface Stress {
  readonly content: Role['content'];
  readonly buffer: SharedArrayBuffer;
  readonly total: number;
  readonly bells: SharedArrayBuffer;
  readonly capacity: number;
}

const bellCount = 4;
const longMs = 10_000;

/** `start`: where the cursors begin; they pass the 32-bit wrap-around early on. */
function frames(total: number, capacity = 256, start = -100_000): Stress {
  const buffer = allocateFrameRing({ dtype: 'int32', shape: [16], capacity, slots: 512 });
  startRingAt(buffer, start);
  return { content: 'frames', buffer, total, bells: allocateDoorbells(bellCount), capacity };
}

function messages(total: number): Stress {
  const buffer = allocateMessageRing({ capacity: 64, slots: 128, bytesMax: 1024, arenaBytes: 8192 });
  startRingAt(buffer, -100_000);
  return { content: 'messages', buffer, total, bells: allocateDoorbells(bellCount), capacity: 64 };
}

/** Places a reader before its thread starts, as a run does. */
function place(stress: Stress, index: number, bell: number, policy: ReaderPolicy = 'block'): void {
  attachReader(stress.buffer, index, { bell, policy, capacity: stress.capacity });
}

function start(
  { content, buffer, bells, total }: Stress,
  kind: Role['kind'],
  bell: number,
  reader = 0,
): Worker {
  const role: Role = { kind, content, buffer, bells, bell, place: reader, total };
  return new Worker(new URL('./litmus-worker.ts', import.meta.url), { workerData: role });
}

function finding(worker: Worker): Promise<Finding> {
  return new Promise((resolve, reject) => {
    worker.once('message', resolve);
    worker.once('error', reject);
    worker.once('exit', () => reject(new Error('the thread ended without a finding')));
  });
}

/** Waits for all threads; when one fails, the others, which may sleep for ever, are ended. */
async function findings(...workers: Worker[]): Promise<Finding[]> {
  try {
    return await Promise.all(workers.map(finding));
  } finally {
    await Promise.all(workers.map((worker) => worker.terminate()));
  }
}

describe('litmus, on real threads', () => {
  it(
    'publication: of 10 million frames none is lost while blocking, torn or reordered',
    { timeout: 60_000 },
    async () => {
      const stress = frames(10_000_000);
      place(stress, 0, 1);
      place(stress, 1, 2);
      const [written, steady, switching] = await findings(
        start(stress, 'write', 0),
        start(stress, 'read', 1, 0),
        start(stress, 'switch', 2, 1),
      );
      expect(written?.count).toBe(stress.total);
      expect(steady).toMatchObject({ count: stress.total, skipped: 0 });
      expect((switching?.count ?? 0) + (switching?.skipped ?? 0)).toBe(stress.total);
      expect(switching?.changes).toBeGreaterThan(10);
    },
  );

  it('detach while reading: who comes and goes sees every frame, and leaves no trace', async () => {
    const stress = frames(2_000_000);
    place(stress, 0, 1);
    const [, steady, visitor] = await findings(
      start(stress, 'write', 0),
      start(stress, 'read', 1, 0),
      start(stress, 'visit', 2),
    );
    expect(steady).toMatchObject({ count: stress.total, skipped: 0 });
    expect(visitor?.changes).toBeGreaterThan(10);
    expect(visitor?.count).toBeGreaterThan(0);
  });

  it('publication: of 200,000 messages of various sizes none is lost, torn or reordered', async () => {
    const stress = messages(200_000);
    place(stress, 0, 1);
    const [written, read] = await findings(start(stress, 'write', 0), start(stress, 'read', 1));
    expect(written?.count).toBe(stress.total);
    expect(read).toMatchObject({ count: stress.total, skipped: 0 });
  });

  it('torn read: who is overtaken gets whole messages in order, and counts the rest', async () => {
    const stress = messages(200_000);
    place(stress, 0, 1);
    const [, read] = await findings(start(stress, 'write', 0), start(stress, 'switch', 1));
    expect((read?.count ?? 0) + (read?.skipped ?? 0)).toBe(stress.total);
    expect(read?.changes).toBeGreaterThan(10);
  });

  it('detach while reading: a dead reader, detached by the owner, frees the writer', async () => {
    const stress = frames(1_000_000);
    place(stress, 0, 1);
    place(stress, 1, 2);
    const [writer, reader, victim] = [
      start(stress, 'write', 0),
      start(stress, 'read', 1, 0),
      start(stress, 'read', 2, 1),
    ];
    await new Promise((resolve) => victim.once('online', resolve));
    await victim.terminate();
    const results = findings(writer, reader);
    detachReader(stress.buffer, 1);
    new Doorbell(stress.bells, 0).ring();
    const [written, read] = await results;
    expect(written?.count).toBe(stress.total);
    expect(read).toMatchObject({ count: stress.total, skipped: 0 });
  });

  it.each([
    ['the sign change', 2 ** 31 - 50_000],
    ['zero', -50_000],
  ])('wrap-around: a small mailbox passes %s', async (_, position) => {
    const stress = frames(100_000, 3, position);
    place(stress, 0, 1);
    const [written, read] = await findings(start(stress, 'write', 0), start(stress, 'read', 1));
    expect(written?.count).toBe(stress.total);
    expect(read).toMatchObject({ count: stress.total, skipped: 0 });
  });

  it.each(['wait', 'waitAsync'])(
    'wake-up: two threads that wake each other with %s lose none',
    async (wait) => {
      const bells = allocateDoorbells(2);
      const turn = new SharedArrayBuffer(4);
      const turns = wait === 'wait' ? 40_000 : 10_000;
      const players = [0, 1].map((self) => player({ bells, turn, turns, self, wait }));
      try {
        const longestMs = await Promise.all(
          players.map(
            (worker) =>
              new Promise<number>((resolve, reject) => {
                worker.once('message', resolve);
                worker.once('error', reject);
              }),
          ),
        );
        expect(new Int32Array(turn)[0]).toBe(turns);
        expect(Math.max(...longestMs)).toBeLessThan(longMs / 2);
      } finally {
        await Promise.all(players.map((worker) => worker.terminate()));
      }
    },
  );
});

interface Game {
  readonly bells: SharedArrayBuffer;
  readonly turn: SharedArrayBuffer;
  readonly turns: number;
  readonly self: number;
  readonly wait: string;
}

/** Counts on when it is its turn and wakes the other; says how long it slept at most, in ms. */
function player(game: Game): Worker {
  return new Worker(
    `const { parentPort, workerData } = require('node:worker_threads');
     (async () => {
       const { Doorbell } = await import(workerData.source);
       const { bells, turns, self, wait, longMs } = workerData;
       const [own, other] = [new Doorbell(bells, self), new Doorbell(bells, 1 - self)];
       const turn = new Int32Array(workerData.turn);
       const isMine = () => Atomics.load(turn, 0) % 2 === self || Atomics.load(turn, 0) >= turns;
       // A pending Atomics.waitAsync does not keep a thread alive.
       const alive = setInterval(() => {}, longMs);
       let longestMs = 0;
       while (Atomics.load(turn, 0) < turns) {
         while (!isMine()) {
           own.arm();
           if (isMine()) { own.disarm(); break; }
           const startMs = performance.now();
           await own[wait](longMs);
           longestMs = Math.max(longestMs, performance.now() - startMs);
         }
         if (Atomics.load(turn, 0) < turns) Atomics.add(turn, 0, 1);
         other.ring();
       }
       clearInterval(alive);
       parentPort.postMessage(longestMs);
     })();`,
    {
      eval: true,
      workerData: { ...game, longMs, source: new URL('../src/doorbell.ts', import.meta.url).href },
    },
  );
}
