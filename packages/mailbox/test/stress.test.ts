import { Worker } from 'node:worker_threads';
import { describe, expect, it } from 'vitest';
import { allocateDoorbells, Doorbell } from '../src/doorbell.ts';
import { allocateFrameRing, startRingAt } from '../src/layout.ts';
import { allocateMessageRing } from '../src/message-ring.ts';
import { attachReader, detachReader } from '../src/ring-places.ts';
import type { ReaderPolicy } from '../src/ring-reader.ts';
import type { Finding, Role } from './stress-worker.ts';

interface Stress {
  readonly content: Role['content'];
  readonly buffer: SharedArrayBuffer;
  readonly total: number;
  readonly bells: SharedArrayBuffer;
}

const bellCount = 4;

function frames(total: number): Stress {
  const buffer = allocateFrameRing({ dtype: 'int32', shape: [16], capacity: 256, slots: 512 });
  // The cursors pass the 32-bit wrap-around early on.
  startRingAt(buffer, -100_000);
  return { content: 'frames', buffer, total, bells: allocateDoorbells(bellCount) };
}

function messages(total: number): Stress {
  const buffer = allocateMessageRing({ capacity: 64, slots: 128, bytesMax: 1024, arenaBytes: 8192 });
  startRingAt(buffer, -100_000);
  return { content: 'messages', buffer, total, bells: allocateDoorbells(bellCount) };
}

/** Places a reader before its thread starts, as a run does. */
function place(stress: Stress, index: number, bell: number, policy: ReaderPolicy = 'block'): void {
  const capacity = stress.content === 'frames' ? 256 : 64;
  attachReader(stress.buffer, index, { bell, policy, capacity });
}

function start(
  { content, buffer, bells, total }: Stress,
  kind: Role['kind'],
  bell: number,
  reader = 0,
): Worker {
  const role: Role = { kind, content, buffer, bells, bell, place: reader, total };
  return new Worker(new URL('./stress-worker.ts', import.meta.url), { workerData: role });
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

describe('rings between threads', () => {
  it(
    '10 million frames: none lost while blocking, none torn, none reordered',
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

  it('readers that come and go see every frame of their stay, and leave no trace', async () => {
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

  it('200,000 messages of various sizes: none lost, torn or reordered', async () => {
    const stress = messages(200_000);
    place(stress, 0, 1);
    const [written, read] = await findings(start(stress, 'write', 0), start(stress, 'read', 1));
    expect(written?.count).toBe(stress.total);
    expect(read).toMatchObject({ count: stress.total, skipped: 0 });
  });

  it('a message reader that is overtaken gets whole messages in order, and counts the rest', async () => {
    const stress = messages(200_000);
    place(stress, 0, 1);
    const [, read] = await findings(start(stress, 'write', 0), start(stress, 'switch', 1));
    expect((read?.count ?? 0) + (read?.skipped ?? 0)).toBe(stress.total);
    expect(read?.changes).toBeGreaterThan(10);
  });

  it('a dead reader, detached by the owner, frees the writer', async () => {
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
});
