import { hzMax, hzMin, isHz } from '../clock/rate.ts';
import { everyStep, isFree, phases, stepOrderOf } from '../clock/schedule.ts';
import { checkName, list, show } from './problems.ts';
import type { Problems } from './problems.ts';
import type {
  GraphDeclaration,
  ResolvedTick,
  RunnerEntry,
  RunnerPlan,
  StepRow,
  TickOptions,
} from './types.ts';

const rateRemedy = `Give a rate from ${hzMin} to ${hzMax} Hz.`;

/** Who ticks, with what, and in which order. */
export interface Ticking {
  /** One for each declared stage; `undefined` for those that do not tick. */
  readonly ticks: readonly (ResolvedTick | undefined)[];
  readonly runners: readonly RunnerPlan[];
  readonly stepOrder: readonly StepRow[];
}

/** Checks all runners and ticks of a declaration, gives every rate its runner, and orders the steps. */
export function resolveTicks(problems: Problems, declaration: GraphDeclaration): Ticking {
  const declared = declaration.runners ?? [];
  checkRunners(problems, declared);
  const table = new RunnerTable(declared);
  const ticks = declaration.stages.map(({ name, settings }) =>
    settings.tick === undefined ? undefined : resolveTick(problems, name, settings.tick, table),
  );
  const { runners } = table;
  const free = ticks.findIndex((tick) => tick !== undefined && isFree(tick.phase));
  if (free >= 0 && runners.length === 0) {
    problems.error(
      'NO_RUNNER',
      { stage: declaration.stages[free]?.name ?? '' },
      `tick.phase is '${ticks[free]?.phase}', which runs once per step, but nothing makes the clock step`,
      'Declare a runner with graph.runner(name, { hz }), or let some stage tick at a rate.',
    );
  }
  for (const [index, { name }] of declared.entries()) {
    if (free >= 0 || ticks.some((tick) => tick?.runner === index)) continue;
    const message = `no stage ticks with the runner '${name}'`;
    problems.warn('UNUSED_RUNNER', {}, message, 'Give a stage `tick: { runner }`, or remove the runner.');
  }
  const rows = ticks.flatMap((tick, actor) =>
    tick === undefined ? [] : [{ actor, runner: tick.runner, phase: tick.phase, priority: tick.priority }],
  );
  return { ticks, runners, stepOrder: stepOrderOf(rows) };
}

function checkRunners(problems: Problems, declared: readonly RunnerEntry[]): void {
  const count = new Map<string, number>();
  for (const { name, hz } of declared) {
    checkName(problems, 'runner', name, {});
    count.set(name, (count.get(name) ?? 0) + 1);
    if (isHz(hz)) continue;
    problems.error('BAD_RUNNER', {}, `hz of the runner ${show(name)} is ${show(hz)}`, rateRemedy);
  }
  for (const [name, times] of count) {
    if (times === 1) continue;
    const message = `${times} runners are named ${show(name)}`;
    problems.error('DUPLICATE_RUNNER', {}, message, 'Give each runner of a graph a name of its own.');
  }
}

/** The runners of a graph, the ones that stages ask for by their rate added as they come. */
class RunnerTable {
  readonly runners: RunnerPlan[];
  readonly #byName: ReadonlyMap<string, number>;
  readonly #byHz = new Map<number, number>();

  constructor(declared: readonly RunnerEntry[]) {
    this.runners = declared.map(({ name, hz }) => ({ name, hz }));
    this.#byName = new Map(declared.map(({ name }, index) => [name, index]));
  }

  named(name: string): number | undefined {
    return this.#byName.get(name);
  }

  at(hz: number): number {
    const known = this.#byHz.get(hz) ?? this.runners.length;
    if (known === this.runners.length) this.runners.push({ name: `${hz} Hz`, hz });
    this.#byHz.set(hz, known);
    return known;
  }

  get names(): string {
    return list(this.#byName.keys());
  }
}

function resolveTick(problems: Problems, stage: string, tick: TickOptions, table: RunnerTable): ResolvedTick {
  const { phase = 'control', priority = 0, budgetMs } = tick;
  const bad = (message: string, remedy: string): void =>
    problems.error('BAD_TICK', { stage }, message, remedy);
  if (!phases.includes(phase)) bad(`tick.phase is ${show(phase)}`, `Use one of ${phases.join(', ')}.`);
  if (!Number.isSafeInteger(priority)) {
    bad(`tick.priority is ${show(priority)}`, 'Give an integer; low goes first.');
  }
  if (budgetMs !== undefined && !(Number.isFinite(budgetMs) && budgetMs > 0)) {
    bad(`tick.budgetMs is ${show(budgetMs)}`, 'Give milliseconds above 0, or leave it out.');
  }
  return { runner: runnerOf(problems, stage, tick, table, bad), phase, priority, budgetMs };
}

function runnerOf(
  problems: Problems,
  stage: string,
  { hz, runner, phase = 'control' }: TickOptions,
  table: RunnerTable,
  bad: (message: string, remedy: string) => void,
): number {
  if (isFree(phase)) {
    if (hz === undefined && runner === undefined) return everyStep;
    const given = hz === undefined ? 'runner' : 'hz';
    const message = `tick.${given} is given, but '${phase}' runs once per step, whichever runners are due`;
    bad(message, `Leave \`${given}\` out, or choose a phase from acquisition to export.`);
    return everyStep;
  }
  if (runner !== undefined) {
    if (hz !== undefined) bad('tick has both hz and runner', 'Give one of them.');
    const name = typeof runner === 'string' ? runner : runner?.runner;
    const index = table.named(name);
    if (index !== undefined) return index;
    const message = `tick.runner is ${show(name)}, which the graph does not declare`;
    problems.error('UNKNOWN_RUNNER', { stage }, message, `Use one of ${table.names}, or declare it.`);
    return everyStep;
  }
  if (isHz(hz)) return table.at(hz);
  if (hz === undefined) bad('tick has neither hz nor runner', 'Give one of them, or choose a free phase.');
  else bad(`tick.hz is ${show(hz)}`, rateRemedy);
  return everyStep;
}
