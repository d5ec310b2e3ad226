import { describe, expect, it } from 'vitest';
import { Explorer } from './engine/explore.ts';
import type { Coverage } from './engine/explore.ts';
import type { Edit } from '../edit.ts';
import { load } from './engine/loader.ts';
import type { Protocol } from './engine/protocol.ts';

/** A module of protocols: each export that has threads is one; `edits` are bounds made smaller. */
type Protocols = Readonly<Record<string, unknown>> & { readonly edits?: readonly Edit[] };

const seeds = 500;

/** A protocol of a module, loaded for itself: what one has learned is no business of others. */
export function explorerOf(module: string, name: string, edits: readonly Edit[] = []): Explorer {
  const at = new URL(`./protocols/${module}.ts`, import.meta.url);
  const { exports, runtime } = load<Protocols>(at, [...(editsOf[module] ?? []), ...edits]);
  return new Explorer(exports[name] as Protocol<never>, runtime);
}

/** All tries of a thread for a lock would be explored, one by one. */
const editsOf: Readonly<Record<string, readonly Edit[]>> = {
  resources: [
    {
      module: 'packages/core/src/resources/resource-table.ts',
      find: 'const lockTries = 64;',
      replace: 'const lockTries = 2;',
    },
  ],
};

function namesIn(module: string): string[] {
  const { exports } = load<Protocols>(new URL(`./protocols/${module}.ts`, import.meta.url));
  return Object.keys(exports);
}

/** `preemptionsMax: Infinity` has no bound. */
function inWords({ threads, interleavings, preemptionsMax }: Coverage): string {
  const bound =
    preemptionsMax === Infinity ? 'no bound on preemptions' : `at most ${preemptionsMax} preemptions`;
  const count = interleavings.toLocaleString('en');
  return `explored ${count} interleavings of ${threads} threads, ${bound}, exhausted`;
}

/**
 * Registers the tests of a module of protocols: seeds first, then all interleavings up to a bound.
 * `preemptionsMax`: of every protocol of the module.
 */
export function explored(module: string, preemptionsMax: Readonly<Record<string, number>>): void {
  describe(`${module}: sequentially consistent interleavings`, () => {
    it('leaves no protocol out', () => {
      expect(Object.keys(preemptionsMax).toSorted()).toEqual(namesIn(module).toSorted());
    });

    it.each(Object.entries(preemptionsMax))('%s', { timeout: 120_000 }, (name, most) => {
      const explorer = explorerOf(module, name);
      expect(explorer.hunt(seeds)).toBeUndefined();
      const coverage = explorer.exhaust(most);
      console.log(`${module}, ${name}: ${seeds} seeds; ${inWords(coverage)}`);
      expect(coverage.interleavings).toBeGreaterThan(1);
    });
  });
}
