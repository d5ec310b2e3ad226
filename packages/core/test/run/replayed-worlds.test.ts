import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, expect, test } from 'vitest';
import type { ClockKind } from '@troupe/core';
import { record, world } from './random-worlds.ts';

const folder = mkdtempSync(join(tmpdir(), 'troupe-worlds-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
let files = 0;

test('worlds led by chance are replayed to the bit, on any workers', async () => {
  const workers = fc.constantFrom(1, 2, 4);
  const clocks = fc.constantFrom<ClockKind>('fast', 'fast', 'paced');
  await fc.assert(
    fc.asyncProperty(world, workers, workers, clocks, async (given, before, after, clock) => {
      const path = join(folder, `world-${files++}.trp`);
      const g = await record(given, { workers: before, clock, path });
      const report = await g.replay(path, { workers: after, mailboxMax: 4_096, onLog: () => undefined });
      expect(report.divergence).toBeUndefined();
      expect(report.leftOut).toContain('lead');
      rmSync(path);
    }),
    { numRuns: Number(process.env['RUNS'] ?? 8), endOnFailure: process.env['HUNT'] !== undefined },
  );
}, 240_000);
