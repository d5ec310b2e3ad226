import { fileURLToPath } from 'node:url';
import { relative } from 'node:path';
import type { StandardSchemaV1 } from '@standard-schema/spec';
import type { PortMap } from '../../ports.ts';
import type { AnyStage, Stage } from '../../stage.ts';
import type { Clause } from './clause.ts';
import { growthClause, latencyClause } from './endurance.ts';
import { ContractError } from '../errors.ts';
import { payloadText } from '../equality.ts';
import { fastCheckFor } from '../arbitraries/fast-check.ts';
import type { AnyGiven, ContractGiven } from './given.ts';
import { driversClause, losslessClause } from './graph-clauses.ts';
import { optionsClause } from './options-clause.ts';
import type { ClauseName } from './played.ts';
import { invariantClause, modelClause, rigClauses } from './rig-clauses.ts';
import { runnerAtHand } from './runner.ts';
import { scriptText } from './script.ts';
import { Specimen } from './specimen.ts';
import { surveyOf } from './trials.ts';
import type { Trial } from './trials.ts';

/** One promise of a stage's contract, to be tried. */
export interface Property {
  /** The stage and what it promises. */
  readonly name: string;
  readonly clause: ClauseName;
  /** Rejects `ContractError` where the promise is broken, with the shrunk case. */
  readonly run: () => Promise<void>;
}

const runsDefault = 100;
/** Cases that start graphs are slower by that, and so fewer. */
const graphShare = 20;
/** How long a case is shrunk. */
const shrinkMsMax = 4_000;

/**
 * The properties of a stage's contract: docs/testing.md. `stageContract` registers them as tests; this is for
 * those who run them in another way.
 */
export function contractOf<S extends StandardSchemaV1 | undefined, I extends PortMap, O extends PortMap>(
  stage: Stage<S, I, O>,
  given: ContractGiven<S, I, O> = {},
): readonly Property[] {
  return propertiesOf(stage, given as AnyGiven, (name) => `the property ${payloadText(name)}`);
}

/**
 * Registers one test for each promise of the stage contract: docs/testing.md. With the runner at hand:
 * vitest, one with a global `test` or `it`, or `node:test`; or with `given.test`.
 */
export function stageContract<S extends StandardSchemaV1 | undefined, I extends PortMap, O extends PortMap>(
  stage: Stage<S, I, O>,
  given: ContractGiven<S, I, O> = {},
): void {
  const file = callerFile();
  const runner = runnerAtHand(given.test);
  const command = (name: string): string => runner.command(file, name);
  for (const { name, run } of propertiesOf(stage, given as AnyGiven, command)) runner.test(name, run);
}

function propertiesOf(
  stage: AnyStage,
  given: AnyGiven,
  command: (name: string) => string,
): readonly Property[] {
  const which = given.name === undefined ? stage.name : `${stage.name}, ${given.name}`;
  return clausesOf(given).map((clause) => {
    const name = `${which}: ${clause.title}`;
    return { name, clause: clause.name, run: () => tryOut(stage, given, clause, command(name)) };
  });
}

function clausesOf(given: AnyGiven): readonly Clause[] {
  const isBench = given.bench ?? process.env['TROUPE_BENCH'] !== undefined;
  return [
    ...rigClauses,
    optionsClause,
    growthClause,
    driversClause,
    losslessClause,
    ...(given.invariants ?? []).map(invariantClause),
    ...(given.model === undefined ? [] : [modelClause]),
    ...(given.latencyBudgetMs !== undefined && isBench ? [latencyClause] : []),
  ];
}

async function tryOut(stage: AnyStage, given: AnyGiven, clause: Clause, command: string): Promise<void> {
  const fc = fastCheckFor('stageContract()');
  const specimen = new Specimen(stage, given);
  const survey = await surveyOf(specimen);
  let firstMs = Infinity;
  const property = fc.asyncProperty(clause.trials(specimen, survey), async (trial) => {
    // A case that was found is worth more than one that is shrunk when the runner has given up.
    if (performance.now() - firstMs > shrinkMsMax) return;
    try {
      const found = await clause.judge(specimen, trial, survey);
      if (found !== undefined) throw new Broken(found);
    } catch (error) {
      firstMs = Math.min(firstMs, performance.now());
      throw error;
    }
  });
  const { TROUPE_SEED: seedText, TROUPE_PATH: path } = process.env;
  const runs = given.runs ?? runsDefault;
  const numRuns = { rig: runs, graph: Math.ceil(runs / graphShare), once: 1 }[clause.depth];
  const seed =
    seedText === undefined ? (given.seed ?? seedOf(`${stage.name}/${clause.title}`)) : Number(seedText);
  const details = await fc.check(property, { seed, numRuns, ...(path === undefined ? {} : { path }) });
  if (!details.failed) return;
  throw failure(stage, clause, command, {
    seed: details.seed,
    path: details.counterexamplePath ?? '0',
    runs: details.numRuns,
    shrinks: details.numShrinks,
    trial: details.counterexample?.[0],
    error: details.errorInstance,
  });
}

/** How a clause is broken. */
class Broken extends Error {}

interface Found {
  readonly seed: number;
  readonly path: string;
  readonly runs: number;
  readonly shrinks: number;
  readonly trial: Trial | undefined;
  readonly error: unknown;
}

function failure(stage: AnyStage, clause: Clause, command: string, found: Found): ContractError {
  const { seed, path, runs, shrinks, trial, error } = found;
  const what = error instanceof Error ? error.message : payloadText(error);
  const isTried = clause.depth !== 'once';
  const count = `found in case ${runs}, shrunk ${shrinks} ${shrinks === 1 ? 'time' : 'times'}`;
  const lines = [
    `stage '${stage.name}' breaks its contract: ${clause.title}`,
    `  ${what}`,
    ...(isTried && trial !== undefined
      ? [`  ${count}; what happened:`, scriptText(trial.script, trial.interruptions)]
      : []),
    `  what to do: ${clause.remedy}`,
    `  again: TROUPE_SEED=${seed}${isTried ? ` TROUPE_PATH=${path}` : ''} ${command}`,
  ];
  const cause = error instanceof Broken ? undefined : error;
  return new ContractError(lines.join('\n'), {
    stage: stage.name,
    clause: clause.name,
    seed,
    path,
    remedy: clause.remedy,
    cause,
  });
}

/** A seed that stays as it is from run to run: FNV-1a. */
function seedOf(text: string): number {
  let hash = 0x811c9dc5;
  for (const char of text) hash = Math.imul(hash ^ (char.codePointAt(0) ?? 0), 0x01000193);
  return hash & 0x7fffffff;
}

/** The test file that has called `stageContract`, relative to the working folder. */
function callerFile(): string | undefined {
  const lines = new Error('where').stack?.split('\n').slice(1) ?? [];
  const own = new URL('.', import.meta.url).href;
  for (const line of lines) {
    const place = /(?:\(|at )((?:file:\/\/)?\/[^()]+?):\d+:\d+\)?$/.exec(line)?.[1];
    if (place === undefined) continue;
    const path = place.startsWith('file:') ? fileURLToPath(place) : place;
    if (!path.startsWith(fileURLToPath(own))) return relative(process.cwd(), path);
  }
  return undefined;
}
