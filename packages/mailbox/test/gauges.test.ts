import { Worker } from 'node:worker_threads';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { LayoutError } from '../src/errors.ts';
import {
  actorCount,
  allocateGauges,
  edgeReaderCount,
  edgeWriterCount,
  Gauges,
  workerCount,
} from '../src/gauges.ts';
import type { GaugeSizes } from '../src/gauges.ts';

const open = (sizes: GaugeSizes): Gauges => new Gauges(allocateGauges(sizes));

/** Which 128-byte lines a write changes. */
function linesChangedBy(memory: SharedArrayBuffer, write: () => void): Set<number> {
  const bytes = new Uint8Array(memory);
  const before = Uint8Array.from(bytes);
  write();
  const lines = new Set<number>();
  for (const [offset, byte] of bytes.entries()) {
    if (byte !== before[offset]) lines.add(Math.floor(offset / 128));
  }
  return lines;
}

/** One write of every word for each writer of the gauges. */
function writers(gauges: Gauges): (() => void)[] {
  const all: (() => void)[] = [];
  for (let index = 0; index < gauges.actors; index += 1) {
    const actor = gauges.actor(index);
    all.push(() => {
      actor.counts.fill(1.1);
      for (const histogram of [actor.queueWait, actor.onInput, actor.onTick, actor.sourceToHere]) {
        for (let octave = 0; octave <= 40; octave += 1) histogram.record(2 ** octave, 1);
      }
    });
  }
  for (let index = 0; index < gauges.edges; index += 1) {
    const edge = gauges.edge(index);
    all.push(() => edge.writer.fill(1.1));
    all.push(() => edge.reader.fill(1.1));
  }
  for (let index = 0; index < gauges.workers; index += 1) {
    const worker = gauges.worker(index);
    all.push(() => worker.counts.fill(1.1));
  }
  return all;
}

describe('gauges', () => {
  it('no two writers share a line', () => {
    const size = fc.integer({ min: 0, max: 4 });
    fc.assert(
      fc.property(fc.record({ actors: size, edges: size, workers: size }), (sizes) => {
        const gauges = open(sizes);
        const taken = new Set<number>([0]);
        for (const write of writers(gauges)) {
          const lines = linesChangedBy(gauges.memory, write);
          expect(lines.size).toBeGreaterThan(0);
          expect([...lines].filter((line) => taken.has(line))).toEqual([]);
          for (const line of lines) taken.add(line);
        }
      }),
      { numRuns: 30 },
    );
  });

  it('an actor takes less than 3 KiB', () => {
    const bytes = (actors: number): number => allocateGauges({ actors, edges: 0, workers: 0 }).byteLength;
    expect(bytes(11) - bytes(10)).toBeLessThan(3 * 1024);
  });

  it('reads counters by name', () => {
    const gauges = open({ actors: 2, edges: 1, workers: 1 });
    const actor = gauges.actor(1);
    actor.counts[actorCount.handled] = 7;
    actor.counts[actorCount.busyNs] = 300;
    actor.counts[actorCount.blockedNs] = 200;
    actor.onTick.record(5, 1);
    const reading = gauges.readActor(1, 1000);
    expect(reading).toMatchObject({ handled: 7, busyNs: 300, blockedNs: 200, idleNs: 500, failed: 0 });
    expect(reading.onTick).toMatchObject({ count: 1, p99Ns: 5 });
    expect(reading.onInput.count).toBe(0);
    expect(gauges.readActor(0, 1000).handled).toBe(0);
  });

  it('no counter shares its index with another', () => {
    for (const table of [actorCount, edgeWriterCount, edgeReaderCount, workerCount]) {
      const indices = Object.values(table).toSorted((a, b) => a - b);
      expect(indices).toEqual(indices.map((_, position) => position));
    }
  });

  it('derives the depth of an edge from its two halves', () => {
    const gauges = open({ actors: 0, edges: 1, workers: 0 });
    const edge = gauges.edge(0);
    edge.writer[edgeWriterCount.sent] = 100;
    edge.writer[edgeWriterCount.droppedNewest] = 9;
    edge.reader[edgeReaderCount.received] = 50;
    edge.reader[edgeReaderCount.skippedLatest] = 10;
    edge.reader[edgeReaderCount.skippedOldest] = 5;
    edge.reader[edgeReaderCount.skippedNonBlocking] = 3;
    edge.reader[edgeReaderCount.discarded] = 2;
    edge.reader[edgeReaderCount.skippedInactive] = 4;
    expect(gauges.readEdge(0)).toMatchObject({ sent: 100, received: 50, depth: 26 });
  });

  it('idle time and depth are never negative', () => {
    const gauges = open({ actors: 1, edges: 1, workers: 0 });
    gauges.actor(0).counts[actorCount.busyNs] = 10;
    gauges.edge(0).reader[edgeReaderCount.received] = 1;
    expect(gauges.readActor(0, 5).idleNs).toBe(0);
    expect(gauges.readEdge(0).depth).toBe(0);
  });

  it('what a worker thread counts is there for main', async () => {
    const gauges = open({ actors: 1, edges: 1, workers: 2 });
    const source = new URL('../src/gauges.ts', import.meta.url).href;
    const worker = new Worker(
      `const { workerData } = require('node:worker_threads');
       import(workerData.source).then(({ Gauges, actorCount, workerCount }) => {
         const gauges = new Gauges(workerData.memory);
         const actor = gauges.actor(0);
         for (let i = 0; i < 1000; i++) {
           actor.counts[actorCount.handled] += 1;
           actor.onInput.record(i * 1000, 1);
         }
         gauges.worker(1).counts[workerCount.steps] = 12;
       });`,
      { eval: true, workerData: { source, memory: gauges.memory } },
    );
    const code = await new Promise((resolve, reject) => {
      worker.once('error', reject);
      worker.once('exit', resolve);
    });
    expect(code).toBe(0);
    const reading = gauges.readActor(0, 0);
    expect(reading.handled).toBe(1000);
    expect(reading.onInput).toMatchObject({ count: 1000, maxNs: 999_000 });
    expect(Math.abs(reading.onInput.p50Ns - 499_000)).toBeLessThanOrEqual(0.125 * 499_000);
    expect([gauges.readWorker(0).steps, gauges.readWorker(1).steps]).toEqual([0, 12]);
  });

  it('refuses impossible sizes, foreign memory and unknown indices', () => {
    for (const actors of [-1, 0.5, Number.NaN, 2 ** 21]) {
      expect(() => allocateGauges({ actors, edges: 0, workers: 0 })).toThrow(LayoutError);
    }
    expect(() => new Gauges(new SharedArrayBuffer(128))).toThrow(LayoutError);
    const gauges = open({ actors: 1, edges: 0, workers: 0 });
    for (const index of [-1, 1, 0.5]) expect(() => gauges.actor(index)).toThrow(RangeError);
    expect(() => gauges.edge(0)).toThrow(RangeError);
  });
});
