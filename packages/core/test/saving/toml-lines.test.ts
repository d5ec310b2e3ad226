import fc from 'fast-check';
import { parse } from 'smol-toml';
import { describe, expect, test } from 'vitest';
import type { Path } from '../../src/saving/flaw.ts';
import { lineOf, scanLines } from '../../src/saving/toml-lines.ts';
import type { LineNode } from '../../src/saving/toml-lines.ts';
import { plain } from '../../src/saving/toml-values.ts';
import { tomlSources } from './toml-source.ts';

function linesIn(node: LineNode, path: Path = []): [string, number][] {
  return [...node.children].flatMap(([key, child]) => {
    const at = [...path, key];
    return [[JSON.stringify(at), child.line] as [string, number], ...linesIn(child, at)];
  });
}

describe('scanLines', () => {
  test('finds every key, header and element in its line, whatever the style', () => {
    fc.assert(
      fc.property(tomlSources, ({ text, value, lines }) => {
        // The generator says what it means: a text that says something else proves nothing.
        expect(plain(parse(text), [], [])).toEqual(value);
        expect(new Map(linesIn(scanLines(text)))).toEqual(lines);
      }),
      { numRuns: 2000 },
    );
  });

  test('ends on whatever is no TOML', () => {
    const marks = '[ ] { } " \' = . , # \\ a \n \r \t 1'.split(' ');
    const noise = fc.string({ unit: fc.constantFrom(' ', ...marks), maxLength: 40 });
    fc.assert(
      fc.property(noise, (text) => {
        expect(scanLines(text).line).toBe(1);
      }),
      { numRuns: 2000 },
    );
  });

  test('takes time in proportion to the text', () => {
    const items = Array.from({ length: 200_000 }, (_, i) => i).join(', ');
    const root = scanLines(`a = 1\nb = [${items}]\n`);
    expect(root.children.get('b')?.children.size).toBe(200_000);
    expect(lineOf(root, ['b', 199_999])).toBe(2);
  });
});

test('lineOf gives the line of what is nearest where something is missing', () => {
  const root = scanLines('a = 1\n\n[[stage]]\nname = "x"\n[[stage]]\n[stage.tick]\nhz = 3\n');
  expect(lineOf(root, ['stage', 1, 'tick', 'hz'])).toBe(7);
  expect(lineOf(root, ['stage', 1, 'tick', 'phase'])).toBe(6);
  expect(lineOf(root, ['stage', 1, 'name'])).toBe(5);
  expect(lineOf(root, ['stage', 0, 'name'])).toBe(4);
  expect(lineOf(root, ['format'])).toBe(1);
});
