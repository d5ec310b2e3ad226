import { describe, expect, it } from 'vitest';
import { explorerOf } from './explored.ts';
import { plantedBugs } from './planted-bugs.ts';

const seedsMax = 2_000;

describe(`bugs planted in the sources are found within ${seedsMax} seeds`, () => {
  it.each(plantedBugs)('$name', ({ name, protocol: [module, protocol], message, ...edit }) => {
    const found = explorerOf(module, protocol, [edit]).hunt(seedsMax);
    console.log(`${name}: seed ${found?.seed} of ${module}, ${protocol}`);
    expect(found?.message).toMatch(message);
  });
});
