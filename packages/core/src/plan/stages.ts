import { isAbsolute } from 'node:path';
import { isStage } from '../stage.ts';
import type { AnyStage } from '../stage.ts';
import { resolveActivity } from './activity.ts';
import type { Activity } from './activity.ts';
import { parseOptions } from './options.ts';
import { resolvePorts } from './ports.ts';
import type { PortTable } from './ports.ts';
import { checkName, list, show } from './problems.ts';
import type { Problems } from './problems.ts';
import { resolveSettings } from './settings.ts';
import type { ResolvedSettings } from './settings.ts';
import type { StageEntry } from './types.ts';

/** One stage of the declaration, checked, with every default filled in. */
export interface ResolvedStage extends ResolvedSettings {
  /** Position in the declaration. */
  readonly index: number;
  readonly name: string;
  readonly stage: AnyStage;
  readonly io: boolean;
  readonly activity: Activity;
  /** Raw, as workers get them. */
  readonly options: unknown;
  /** `undefined` when they cannot be known, which has been reported. */
  readonly inputs: PortTable | undefined;
  readonly outputs: PortTable | undefined;
}

/**
 * Checks every stage by itself. The result has one entry per declared stage, also for the ones that are
 * wrong.
 */
export function resolveStages(problems: Problems, entries: readonly StageEntry[]): readonly ResolvedStage[] {
  checkStageNames(problems, entries);
  const stages = entries.map((entry, index) => resolveStage(problems, entry, index));
  checkAmbiguity(problems, stages);
  return stages;
}

function checkStageNames(problems: Problems, entries: readonly StageEntry[]): void {
  const count = new Map<string, number>();
  for (const { name } of entries) {
    checkName(problems, 'stage', name, { stage: name });
    count.set(name, (count.get(name) ?? 0) + 1);
  }
  for (const [name, times] of count) {
    if (times === 1) continue;
    const message = `${times} stages are named '${name}'`;
    problems.error(
      'DUPLICATE_STAGE',
      { stage: name },
      message,
      'Give each stage of a graph a name of its own.',
    );
  }
}

function resolveStage(problems: Problems, entry: StageEntry, index: number): ResolvedStage {
  const { name, stage } = entry;
  const resolved = resolveSettings(problems, name, entry.settings);
  const { options: raw } = entry.settings;
  const activity = resolveActivity(problems, name, stage, entry.settings);
  if (!isStage(stage) || typeof stage.create !== 'function') {
    problems.error(
      'NOT_A_STAGE',
      { stage: name },
      `${show(stage)} is no stage`,
      'Pass what defineStage returned.',
    );
    return {
      ...resolved,
      index,
      name,
      stage,
      io: false,
      activity,
      options: raw,
      inputs: undefined,
      outputs: undefined,
    };
  }
  checkName(problems, 'stage definition', stage.name, { stage: name });
  const placement = resolveModule(problems, name, stage, resolved);
  const settings: ResolvedSettings = { ...resolved, placement };
  const common = { ...settings, index, name, stage, io: stage.io === true, activity };
  const parsed = checkOptions(problems, name, stage, raw);
  if (parsed === undefined) {
    // Ports that do not depend on options are known all the same.
    const known = (ports: unknown, side: 'inputs' | 'outputs'): PortTable | undefined =>
      typeof ports === 'function' ? undefined : resolvePorts(problems, name, side, ports, undefined);
    return {
      ...common,
      options: raw,
      inputs: known(stage.inputs, 'inputs'),
      outputs: known(stage.outputs, 'outputs'),
    };
  }
  if (placement !== 'main') checkCloneable(problems, name, parsed.raw);
  return {
    ...common,
    options: parsed.raw,
    inputs: resolvePorts(problems, name, 'inputs', stage.inputs, parsed.value),
    outputs: resolvePorts(problems, name, 'outputs', stage.outputs, parsed.value),
  };
}

/**
 * A stage that no worker can import runs on main: silently where that was left open, else it is a problem.
 */
function resolveModule(
  problems: Problems,
  name: string,
  stage: AnyStage,
  { placement }: ResolvedSettings,
): ResolvedSettings['placement'] {
  const { module } = stage;
  if (module === undefined) {
    if (placement === 'auto' || placement === 'main') return 'main';
    problems.error(
      'NO_MODULE',
      { stage: name },
      `it is placed on a worker (${show(placement)}), but its stage '${stage.name}' names no module`,
      'Give defineStage `module: import.meta.url`, or place the stage on main.',
    );
    return placement;
  }
  if (typeof module !== 'string' || !(/^(file|node|data):/.test(module) || isAbsolute(module))) {
    problems.error(
      'BAD_MODULE',
      { stage: name },
      `a worker cannot import the module ${show(module)}`,
      'Use `module: import.meta.url`: a file:, node: or data: URL, or an absolute path.',
    );
  }
  return placement;
}

function checkOptions(
  problems: Problems,
  name: string,
  stage: AnyStage,
  raw: unknown,
): { readonly raw: unknown; readonly value: unknown } | undefined {
  const place = { stage: name };
  const parsed = parseOptions(stage.options, raw);
  switch (parsed.status) {
    case 'ok':
      return parsed;
    case 'invalid':
      for (const { path, message } of parsed.issues) {
        const where = path === '' ? 'options' : `options.${path}`;
        problems.error(
          'BAD_OPTIONS',
          place,
          `${where}: ${message}`,
          'Give what the schema of the stage asks for.',
        );
      }
      return undefined;
    case 'async':
      problems.error(
        'ASYNC_SCHEMA',
        place,
        'its options have an asynchronous schema',
        'Use a schema that validates synchronously; do slow checks in onStart.',
      );
      return undefined;
    case 'noSchema':
      problems.error(
        'BAD_SCHEMA',
        place,
        `options of stage '${stage.name}' is ${show(stage.options)}`,
        'Give a Standard Schema (valibot, zod, arktype … or an object with `~standard`).',
      );
      return undefined;
    case 'unexpected':
      problems.error(
        'UNEXPECTED_OPTIONS',
        place,
        `it was given options, but stage '${stage.name}' takes none`,
        'Leave the options out, or declare a schema for them in defineStage.',
      );
      return undefined;
  }
}

function checkCloneable(problems: Problems, name: string, raw: unknown): void {
  try {
    structuredClone(raw);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    problems.error(
      'NOT_CLONEABLE',
      { stage: name },
      `its options cannot be sent to a worker: ${reason}`,
      'Use plain data (no functions, no symbols), or place the stage on main.',
    );
  }
}

/**
 * A worker takes the one export of a module that has the stage's name, so two of them cannot be told apart.
 */
function checkAmbiguity(problems: Problems, stages: readonly ResolvedStage[]): void {
  const first = new Map<string, ResolvedStage>();
  for (const candidate of stages) {
    const { stage, placement, name } = candidate;
    if (!isStage(stage) || stage.module === undefined || placement === 'main') continue;
    const key = `${stage.name}\n${stage.module}`;
    const known = first.get(key);
    if (known === undefined) {
      first.set(key, candidate);
    } else if (known.stage !== stage) {
      problems.error(
        'AMBIGUOUS_STAGE',
        { stage: name },
        `its stage and that of ${list([known.name])} differ, but share module and name '${stage.name}'`,
        'Give each stage of a module a name of its own, and export it.',
      );
    }
  }
}
