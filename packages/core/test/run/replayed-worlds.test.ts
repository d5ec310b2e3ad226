import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, expect, test } from 'vitest';
import type { ClockKind } from '@troupe/core';
import { record, world } from './random-worlds.ts';

const folder = mkdtempSync(join(tmpdir(), 'troupe-worlds-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
let files = 0;

test('worlds led by chance are replayed to the bit: on any workers, with effects, cut anywhere', async () => {
  const workers = fc.constantFrom(1, 2, 4);
  const clocks = fc.constantFrom<ClockKind>('fast', 'fast', 'paced');
  const cuts = fc.integer({ min: 0, max: 1000 });
  await fc.assert(
    fc.asyncProperty(world, workers, workers, clocks, cuts, async (given, before, after, clock, cut) => {
      const path = join(folder, `world-${files++}.trp`);
      const g = await record(given, { workers: before, clock, path });
      const options = { workers: after, mailboxMax: 4_096, onLog: () => undefined };
      const report = await g.replay(path, options);
      expect(report.divergence).toBeUndefined();
      expect(report.leftOut).toContain('lead');
      expect((await g.replay(path, { ...options, withEffects: true })).divergence).toBeUndefined();
      const bytes = readFileSync(path);
      const headerBytes = 16 + 4 + bytes.readUInt32LE(12);
      writeFileSync(path, bytes.subarray(0, headerBytes + ((bytes.length - headerBytes) * cut) / 1000));
      const part = await g.replay(path, options);
      expect(part.divergence).toBeUndefined();
      expect(part.compared).toBeLessThanOrEqual(report.compared);
      rmSync(path);
    }),
    { numRuns: Number(process.env['RUNS'] ?? 8), endOnFailure: process.env['HUNT'] !== undefined },
  );
}, 240_000);
