import { describe, expect, test } from 'vitest';
import { GraphError } from '../../src/errors.ts';
import { graph } from '../../src/graph.ts';
import { compile } from '../../src/plan/compile.ts';
import { frame } from '../../src/ports.ts';
import type { OutRef } from '../../src/refs.ts';
import { defineStage } from '../../src/stage.ts';

const eight = frame('float32', [8]);
const source = defineStage({ name: 'source', outputs: { samples: eight }, create: () => ({}) });
const scale = defineStage({
  name: 'scale',
  inputs: { samples: eight },
  outputs: { doubled: eight },
  create: () => ({}),
});

describe('graph', () => {
  test('declares what was said, as data', () => {
    const g = graph('radar');
    const a = g.stage('source', source, { tick: { hz: 100, phase: 'acquisition' } });
    const b = g.stage('scale', scale);
    g.connect(a.out.samples, b.in.samples, { capacity: 32, overflow: 'latest' });
    expect(g.input('more', b.in.samples, { capacity: 2 })).toEqual({ boundary: 'input', name: 'more' });
    expect(g.output('doubled', b.out.doubled)).toEqual({ boundary: 'output', name: 'doubled' });
    expect(g.declaration()).toEqual({
      name: 'radar',
      stages: [
        { name: 'source', stage: source, settings: { tick: { hz: 100, phase: 'acquisition' } } },
        { name: 'scale', stage: scale, settings: {} },
      ],
      edges: [
        {
          from: { stage: 'source', port: 'samples' },
          to: { stage: 'scale', port: 'samples' },
          capacity: 32,
          overflow: 'latest',
        },
      ],
      inputs: [{ name: 'more', at: { stage: 'scale', port: 'samples' }, capacity: 2 }],
      runners: [],
      events: [],
      latches: [],
      terminators: [],
      outputs: [{ name: 'doubled', at: { stage: 'scale', port: 'doubled' } }],
    });
    expect(compile(g)).toEqual(compile(g.declaration()));
  });

  test('a declaration is a snapshot', () => {
    const g = graph('radar');
    const settings = { tick: { hz: 1 }, spillMax: 5 };
    const a = g.stage('source', source, settings);
    const before = g.declaration();
    g.stage('scale', scale);
    g.output('samples', a.out.samples);
    settings.spillMax = 6;
    expect(before.stages.map((entry) => entry.settings.spillMax)).toEqual([5]);
    expect(before.outputs).toEqual([]);
  });

  test('references exist for any name, so that compile can report all the wrong ones', () => {
    const g = graph('radar');
    const a = g.stage('source', source);
    const b = g.stage('scale', scale);
    const wrong = (a.out as unknown as Record<string, OutRef>)['sample']!;
    g.connect(wrong, b.in.samples);
    expect(() => compile(g)).toThrow(/UNKNOWN_PORT at source\.sample: .* Its outputs are: 'samples'\./);
    expect((a.out as Record<symbol, unknown>)[Symbol.iterator]).toBeUndefined();
  });

  test('a reference is the same each time, and cannot be changed', () => {
    const ref = graph('radar').stage('source', source);
    expect(ref.out.samples).toBe(ref.out.samples);
    expect(Object.isFrozen(ref.out.samples)).toBe(true);
  });

  test('an awaited table of references is what it was', async () => {
    const ref = graph('radar').stage('source', source);
    expect((await Promise.resolve(ref.out)).samples).toBe(ref.out.samples);
  });

  test('references of another graph, or none at all, are refused', () => {
    const [g, other] = [graph('radar'), graph('other')];
    const a = g.stage('source', source);
    const b = other.stage('scale', scale);
    expect(() => g.connect(a.out.samples, b.in.samples)).toThrow(GraphError);
    expect(() => g.input('x', b.in.samples)).toThrow(
      /graph 'radar' was given a port reference that is not its own/,
    );
    expect(() => g.output('x', undefined as unknown as OutRef)).toThrow(GraphError);
    expect(() => g.connect(a.out.samples, { ...b.in.samples })).toThrow(GraphError);
    expect(g.declaration()).toMatchObject({ edges: [], inputs: [], outputs: [] });
  });
});
