import { describe, expect, test } from 'vitest';
import { compile, defineStage, graph } from '@troupe/core';
import type { Plan } from '@troupe/core';
import { caseText, cutDown, parseCase } from '../../src/testing/exploration/case.ts';
import { cut, cutsOf, sizeOf } from '../../src/testing/exploration/cuts.ts';
import { chain, increment, number } from './graphs.ts';

const sum = defineStage({
  name: 'sum',
  inputs: { a: number, b: number },
  outputs: { out: number },
  create: () => ({ onInput() {} }),
});

/** in → first → (left | right) → sum → out, and right is read outside as well. */
function diamond() {
  const g = graph('diamond');
  const [first, left, right] = ['first', 'left', 'right'].map((name) => g.stage(name, increment));
  const both = g.stage('both', sum);
  if (first === undefined || left === undefined || right === undefined) throw new Error('three stages');
  g.input('in', first.in.in);
  g.connect(first.out.out, left.in.in, { capacity: 3 });
  g.connect(first.out.out, right.in.in);
  g.connect(left.out.out, both.in.a);
  g.connect(right.out.out, both.in.b);
  g.output('out', both.out.out);
  g.output('aside', right.out.out);
  return g.declaration();
}

/** A graph that is left, as text. */
function seen(text: string): string | undefined {
  const left = cut(diamond(), text);
  if (left === undefined) return undefined;
  const { edges, inputs, outputs, terminators = [] } = left;
  return [
    ...inputs.map(({ name, at }) => `${name}>${at.stage}.${at.port}`),
    ...edges.map(({ from, to }) => `${from.stage}.${from.port}>${to.stage}.${to.port}`),
    ...outputs.map(({ name, at }) => `${at.stage}.${at.port}>${name}`),
    ...terminators.map(({ stage, port }) => `${stage}.${port}>nobody`),
  ].join(' ');
}

function problemsOf(text: string): Plan['warnings'] {
  return compile(cut(diamond(), text) ?? diamond()).warnings;
}

describe('cuts', () => {
  test('a stage that is dropped takes those with it that get nothing any more', () => {
    expect(seen('drop:left')).toBe('in>first.in first.out>right.in right.out>aside');
    expect(seen('drop:both')).toBe(
      'in>first.in first.out>left.in first.out>right.in right.out>aside left.out>nobody',
    );
    expect(seen('drop:first')).toBe('');
    expect(problemsOf('drop:left')).toEqual([]);
    expect(problemsOf('drop:both')).toEqual([]);
  });

  test('a stage that is bypassed leaves its writers and readers to each other', () => {
    expect(seen('bypass:left')).toBe(
      'in>first.in first.out>right.in right.out>both.b first.out>both.a both.out>out right.out>aside',
    );
    expect(seen('bypass:right')).toContain('first.out>both.b both.out>out first.out>aside');
    expect(seen('bypass:first')).toContain('in>left.in');
    expect(problemsOf('bypass:left')).toEqual([]);
    // An input leads to one stage only.
    expect(() => problemsOf('bypass:first')).toThrow("nothing is connected to input 'in'");
  });

  test('edges and boundary ports can go by themselves', () => {
    expect(seen('edge:right:out>both:b')).toContain('left.out>both.a both.out>out right.out>aside');
    expect(seen('output:out')).toContain('both.out>nobody');
    expect(seen('output:aside')).not.toContain('nobody');
    expect(seen('input:in')).not.toContain('in>first.in');
  });

  test('nothing else can be cut', () => {
    for (const text of ['drop:third', 'bypass:third', 'edge:a:b>c:d', 'output:in', 'input:out', 'first', ''])
      expect(seen(text)).toBeUndefined();
  });

  test('every cut that a graph has makes it smaller, and is one line of a case', () => {
    for (const text of cutsOf(diamond())) {
      const left = cutDown(diamond(), [text]);
      expect(left === undefined ? -1 : sizeOf(left)).toBeLessThan(sizeOf(diamond()));
    }
    expect(cutsOf(diamond())).toHaveLength(4 + 4 + 4 + 2 + 1);
    expect(cutDown(chain(3).declaration(), ['drop:s2', 'bypass:s1', 'drop:s1'])).toBeUndefined();
  });
});

describe('the line of a case', () => {
  test.each([
    { seed: 0, cuts: [], faults: undefined, inputs: {}, workers: undefined },
    { seed: -5, cuts: [], faults: [], inputs: { in: [] }, workers: 1 },
    {
      seed: 2_000_000_000,
      cuts: ['drop:a-b', 'bypass:c.d', 'edge:a:out>b:in', 'output:out'],
      faults: ['throw:a-b#1', 'kill:2#7', 'mode#12'],
      inputs: { in: [0, 1, 2, 5, 7, 8], 'in.b': [3] },
      workers: undefined,
    },
  ])('says all of it: %j', (tried) => {
    const text = caseText('a.graph', tried);
    expect(text.split('\n')).toHaveLength(1);
    expect(parseCase('a.graph', text)).toEqual(tried);
  });

  test('is short', () => {
    const tried = {
      seed: 7,
      cuts: ['drop:b'],
      faults: ['death:a#2'],
      inputs: { in: [0, 1, 2, 9] },
      workers: 1,
    };
    expect(caseText('g', tried)).toBe('g seed=7 cut=drop:b faults=death:a#2 in.in=0-2,9 workers=1');
  });

  test.each(['', 'h seed=1', 'g', 'g seed=x', 'g seed=1 what', 'g seed=1 more=2', 'g seed=1 in.in=1-b'])(
    'is refused where it is none: %j',
    (text) => {
      expect(() => parseCase('g', text)).toThrow(expect.objectContaining({ code: 'BAD_CASE' }));
    },
  );
});
