/**
 * Runs one contender alone: the runner forks this file anew for every run, so that no two contenders share
 * compiled code or memory.
 * Typed by hand, `node tools/bench/child.ts ring-each [--quick]` prints its sample (and takes `--cpu-prof`).
 */
import { parseArgs } from 'node:util';
import type { Measure } from './contender.ts';
import { contenders } from './contenders.ts';
import type { ContenderSpec } from './contenders.ts';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { quick: { type: 'boolean', default: false } },
});
const id = positionals[0] ?? '';
const spec: ContenderSpec | undefined = Object.hasOwn(contenders, id)
  ? contenders[id as keyof typeof contenders]
  : undefined;
if (spec === undefined) {
  throw new RangeError(`no contender is called "${id}"; there are ${Object.keys(contenders).join(', ')}`);
}

const contender = (await import(spec.module.href)) as { readonly measure: Measure };
const sample = await contender.measure({ quick: values.quick, parameters: spec.parameters });
if (process.send === undefined) console.log(JSON.stringify(sample));
else process.send(sample, () => process.exit(0));
