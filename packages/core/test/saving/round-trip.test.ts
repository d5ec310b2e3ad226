import { deepStrictEqual } from 'node:assert/strict';
import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import { parse } from 'smol-toml';
import { describe, expect, test } from 'vitest';
import { graph } from '../../src/graph.ts';
import type { GraphDeclaration } from '../../src/plan/types.ts';
import type { MessagePort } from '../../src/ports.ts';
import type { InRef, StageRef } from '../../src/refs.ts';
import { tomlText } from '../../src/saving/toml-text.ts';
import { carried, plain } from '../../src/saving/toml-values.ts';
import type { Table } from '../../src/saving/toml-values.ts';
import { first, sized } from '../fixtures/saved.ts';
import { carriable, graphs } from './declarations.ts';

/** A file in the folder of the stages. */
const at = fileURLToPath(new URL('../fixtures/x.toml', import.meta.url));

/** Tells −0 from 0, and is not confused by keys such as `constructor`. */
function assertSame(found: unknown, wanted: unknown): void {
  deepStrictEqual(found, wanted);
}

/** References as names, and nothing that is `undefined`: what a file can tell apart. */
function normal(declaration: GraphDeclaration): unknown {
  const name = (ref: unknown): unknown => {
    if (typeof ref !== 'object' || ref === null) return ref;
    return Object.values(ref)[0];
  };
  const names = (refs: object | undefined): unknown =>
    refs === undefined
      ? undefined
      : Object.fromEntries(Object.entries(refs).map(([key, ref]) => [key, name(ref)]));
  return {
    ...declaration,
    stages: declaration.stages.map(({ settings, stage, ...entry }) => ({
      ...entry,
      stage: stage.name,
      settings: carried(
        {
          ...settings,
          tick: settings.tick && { ...settings.tick, runner: name(settings.tick.runner) },
          events: names(settings.events),
          latches: names(settings.latches),
          control: settings.control && { ...settings.control, event: name(settings.control.event) },
        },
        [],
        [],
      ),
    })),
  };
}

const radarText = `# A Troupe graph: \`troupe run\` starts it.
format = 1
name = "radar"

[[runner]]
name = "slow"
hz = 2.5

[[event]]
name = "armed"
initial = true

[[event]]
name = "calm"

[[latch]]
name = "pose"
dtype = "float64"
shape = [3]

[[stage]]
name = "source"
module = "./saved.ts"
export = "sized"
worker = { group = "play" }
tick = { hz = 100, phase = "acquisition", priority = -1 }
activeIn = ["recording", "predicting"]
events = { go = "armed" }
supervision = { strategy = "escalate", backoffMs = 5 }

[stage.options]
size = 8

[[stage]]
name = "sink"
module = "./saved.ts"
export = "sized"

[stage.options]
size = 8

[[stage]]
name = "other"
module = "./saved.ts"
export = "first"

[stage.options]
bands = [
  { name = "alpha", lowHz = 8, highHz = 13 },
  { name = "beta", lowHz = 13, highHz = 30 },
  { name = "gamma", lowHz = 30, highHz = 45 },
]
design = { order = 4, band = { type = "bandpass" } }
taps = [
  -2.5, -2.375, -2.25, -2.125, -2, -1.875, -1.75, -1.625, -1.5, -1.375, -1.25, -1.125, -1, -0.875,
  -0.75, -0.625, -0.5, -0.375, -0.25, -0.125, 0, 0.125, 0.25, 0.375, 0.5, 0.625, 0.75, 0.875, 1,
  1.125, 1.25, 1.375, 1.5, 1.625, 1.75, 1.875, 2, 2.125, 2.25, 2.375,
]
"a key" = "ü\\n\\""
far = -0.0

[[edge]]
from = { stage = "source", port = "frames" }
to = { stage = "sink", port = "frames" }
type = "frame float32 [8]"
capacity = 8
overflow = "latest"

[[edge]]
from = { stage = "source", port = "notes" }
to = { stage = "other", port = "values" }
back = true

[[input]]
name = "in"
at = { stage = "source", port = "frames" }
type = "frame float32 [8]"

[[output]]
name = "out"
at = { stage = "sink", port = "frames" }
type = "frame float32 [8]"
capacity = 4

[[terminator]]
stage = "sink"
port = "notes"
`;

describe('a graph that is saved and loaded', () => {
  test('declares the same, and is saved as the same text', async () => {
    await fc.assert(
      fc.asyncProperty(graphs, async (g) => {
        const text = await g.toToml({ at });
        const again = await graph.parse(text, { at });
        assertSame(normal(again.declaration()), normal(g.declaration()));
        for (const [i, { stage }] of again.declaration().stages.entries()) {
          expect(stage).toBe(g.declaration().stages[i]?.stage);
        }
        expect(await again.toToml({ at })).toBe(text);
      }),
      { numRuns: 400 },
    );
  });

  test('reads like this', async () => {
    const g = graph('radar');
    g.runner('slow', { hz: 2.5 });
    g.event('armed', { initial: true });
    g.event('calm');
    g.latch('pose', { kind: 'frame', dtype: 'float64', shape: [3], maxEmit: 1, optional: false });
    const source = g.stage('source', sized, {
      options: { size: 8 },
      tick: { phase: 'acquisition', hz: 100, priority: -1 },
      worker: { group: 'play' },
      activeIn: ['recording', 'predicting'],
      events: { go: { event: 'armed' } },
      supervision: { backoffMs: 5, strategy: 'escalate' },
    });
    const sink = g.stage('sink', sized, { options: { size: 8 } });
    const other = g.stage('other', first, {
      options: {
        bands: [
          { name: 'alpha', lowHz: 8, highHz: 13 },
          { name: 'beta', lowHz: 13, highHz: 30 },
          { name: 'gamma', lowHz: 30, highHz: 45 },
        ],
        design: { order: 4, band: { type: 'bandpass' } },
        taps: Array.from({ length: 40 }, (_, i) => (i - 20) / 8),
        'a key': 'ü\n"',
        far: -0,
      },
    });
    g.connect(source.out.frames, sink.in.frames, { overflow: 'latest', capacity: 8 });
    g.connect(source.out.notes, (other as StageRef).in['values'] as InRef<MessagePort>, { back: true });
    g.input('in', source.in.frames);
    g.output('out', sink.out.frames, { capacity: 4 });
    g.terminate(sink.out.notes);
    expect(await g.toToml({ at })).toBe(radarText);
  });
});

describe('tomlText', () => {
  const options = fc.dictionary(
    fc.string({ maxLength: 5 }).filter((key) => key !== '__proto__'),
    carriable,
  );

  test('says what the parser reads, whatever TOML can carry', () => {
    fc.assert(
      fc.property(options, (table) => {
        const document = carried({ options: table, stage: [{ options: table }, {}] }, [], []) as Table;
        assertSame(plain(parse(tomlText(document, 'c')), [], []), document);
      }),
      { numRuns: 1000 },
    );
  });

  test('breaks arrays that do not fit, and no line that does', () => {
    const numbers = fc.array(fc.oneof(fc.integer(), fc.double()), { minLength: 1, maxLength: 200 });
    fc.assert(
      fc.property(numbers, (taps) => {
        const [, ...lines] = tomlText({ taps }, 'c').trimEnd().split('\n');
        expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(100);
        const together = lines
          .map((line) => line.trim())
          .join(' ')
          .replace('[ ', '[')
          .replace(', ]', ']')
          .replace(',]', ']');
        expect(lines.length === 1).toBe(together.length <= 100);
      }),
    );
  });
});
