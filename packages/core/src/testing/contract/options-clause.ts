import { graph } from '../../graph.ts';
import { compile } from '../../plan/compile.ts';
import { PlanError } from '../../errors.ts';
import { parseOptions } from '../../plan/options.ts';
import type { Clause } from './clause.ts';
import { payloadText } from '../equality.ts';
import { nothing } from './endurance.ts';
import type { Specimen } from './specimen.ts';
import { trialName } from './surroundings.ts';

/** Whatever else may be written in the place of options, or of one of them. */
const junk: readonly unknown[] = [
  undefined,
  null,
  true,
  42,
  -1,
  0.5,
  NaN,
  Infinity,
  '',
  'junk',
  [],
  {},
  [[]],
  10n,
];

/** Bad options are told from good ones by the schema, and by nothing that comes later. */
export const optionsClause: Clause = {
  name: 'options',
  title: "bad options give the schema's error",
  remedy: 'Let the schema refuse what `create` and the ports cannot use: synchronously, with a message.',
  depth: 'once',
  trials: nothing,
  async judge(specimen) {
    for (const bad of specimen.given.badOptions ?? []) {
      const found = fault(specimen, bad) ?? acceptance(specimen, bad);
      if (found !== undefined) return `with the bad options ${payloadText(bad)} ${found}`;
    }
    for (const options of variations(specimen)) {
      const found = fault(specimen, options);
      if (found !== undefined) return `with the options ${payloadText(options)} ${found}`;
    }
    return undefined;
  },
};

/** What no schema may do, whichever options it is given. */
function fault({ stage }: Specimen, options: unknown): string | undefined {
  const { options: schema } = stage;
  if (schema === undefined) return undefined;
  let result: unknown;
  try {
    result = (schema['~standard'].validate as (value: unknown) => unknown)(options);
  } catch (error) {
    return `the schema throws ${(error as Error).message}`;
  }
  if (result instanceof Promise) {
    result.catch(() => undefined);
    return 'the schema answers with a promise';
  }
  const { issues } = result as { issues?: readonly { readonly message?: unknown }[] };
  if (issues === undefined) return portFault(stage, options);
  if (issues.length === 0) return 'the schema refuses without saying why';
  return issues.every(({ message }) => typeof message === 'string') ? undefined : 'an issue has no message';
}

/** Options that the schema lets pass make ports, and a plan. */
function portFault(stage: Specimen['stage'], options: unknown): string | undefined {
  if (options === undefined) return undefined;
  const g = graph('contract');
  g.stage(trialName, stage, { options });
  try {
    compile(g);
    return undefined;
  } catch (error) {
    const problems = error instanceof PlanError ? error.problems : [];
    const own = problems.find(({ code }) => code === 'BAD_PORTS');
    return own === undefined ? undefined : `the schema lets pass what the ports cannot use: ${own.message}`;
  }
}

function acceptance({ stage }: Specimen, options: unknown): string | undefined {
  return parseOptions(stage.options, options).status === 'ok' ? 'the schema lets them pass' : undefined;
}

function variations(specimen: Specimen): readonly unknown[] {
  const { raw } = specimen.options();
  const varied: unknown[] = [...junk];
  if (typeof raw === 'object' && raw !== null && !Array.isArray(raw)) {
    for (const key of Object.keys(raw)) varied.push(...junk.map((value) => ({ ...raw, [key]: value })));
  }
  return varied;
}
