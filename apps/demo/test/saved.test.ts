import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { graph } from '@troupe/core';
import type { Graph } from '@troupe/core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { studioGraph } from '../src/graph.ts';
import { openSignal } from '../src/signal.ts';
import { child } from './child.ts';

const root = fileURLToPath(new URL('../../..', import.meta.url));
const tones = join(root, 'apps/demo/tones.toml');
const allow = ['@troupe/stages'];

/** Every frame of the output `features`, with its time. */
async function featuresOf(g: Graph): Promise<readonly unknown[]> {
  await using run = await g.start();
  run.onSample('departed', () => undefined);
  const features: unknown[] = [];
  for await (const { frame, seq, time } of run.samples('features')) features.push({ frame, seq, time });
  return features;
}

describe('the demo’s graph, saved and loaded', () => {
  const studio = studioGraph(openSignal('edf', undefined, undefined), 'max').graph;
  let folder = '';
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'troupe-studio-'));
  });
  afterAll(() => rm(folder, { recursive: true }));

  it('gives the same band powers', async () => {
    const path = join(folder, 'studio.toml');
    await studio.save(path);
    // No package can be found from there: the stages are named by their paths.
    const again = await graph.load(path, { allow: [root] });
    const wanted = await featuresOf(studio);
    expect(wanted).toHaveLength(197);
    expect(await featuresOf(again)).toEqual(wanted);
  });

  it('names the package of its stages where that can be found', async () => {
    const at = join(root, 'apps/demo/studio.toml');
    const text = await studio.toToml({ at });
    expect(text.match(/^(module|package) = .*$/gm)).toEqual([
      'package = "@troupe/stages"',
      'module = "./src/departures.ts"',
      'package = "@troupe/stages"',
      'package = "@troupe/stages"',
      'package = "@troupe/stages"',
    ]);
    const again = await graph.parse(text, { at, allow });
    expect(again.declaration()).toEqual(studio.declaration());
    expect(await again.toToml({ at })).toBe(text);
  });
});

describe('tones.toml', () => {
  it('is as Troupe saves it, and as docs/saving.md shows it', async () => {
    const text = await readFile(tones, 'utf8');
    expect(await (await graph.load(tones, { allow })).toToml({ at: tones })).toBe(text);
    expect(await readFile(join(root, 'docs/saving.md'), 'utf8')).toContain(`\`\`\`toml\n${text}\`\`\``);
  });

  it('runs from the command line, and not before its package is allowed', async () => {
    const run = ['--conditions=@troupe/source', 'packages/cli/src/main.ts', 'run', tones, '--json'];
    const { code, stdout } = await child(process.execPath, [...run, '--allow', '@troupe/stages']);
    // 20 s in frames of 16 samples; windows of 512 samples every 128.
    expect(JSON.parse(stdout.trimEnd().split('\n').at(-1) ?? '')).toMatchObject({
      type: 'report',
      reason: 'ended',
      outputs: [
        { name: 'departed', taken: 320 },
        { name: 'powers', taken: 37 },
      ],
    });
    expect(code).toBe(0);
    expect((await child(process.execPath, run)).code).toBe(2);
  });
});
