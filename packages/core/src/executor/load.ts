import { StageStartError } from '../errors.ts';
import { parseOptions } from '../plan/options.ts';
import type { ActorPlan } from '../plan/types.ts';
import { isStage } from '../stage.ts';
import type { AnyStage } from '../stage.ts';

/**
 * Imports the module of an actor and takes the one export that is the actor's stage. Throws
 * `StageStartError`.
 */
export async function loadStage(plan: ActorPlan): Promise<AnyStage> {
  const { module, name, stage } = plan;
  if (module === undefined) {
    throw new StageStartError(
      name,
      'it names no module',
      'Declare `module: import.meta.url`, or place it on main.',
      undefined,
    );
  }
  let exports: Record<string, unknown>;
  try {
    exports = (await import(module)) as Record<string, unknown>;
  } catch (error) {
    throw new StageStartError(
      name,
      `its module ${module} does not load`,
      'Mend the module; see the cause.',
      error,
    );
  }
  const matches = new Set(
    Object.values(exports)
      .filter(isStage)
      .filter((candidate) => candidate.name === stage),
  );
  const [match, ...others] = matches;
  if (match !== undefined && others.length === 0) return match;
  throw new StageStartError(
    name,
    `its module ${module} exports ${matches.size === 0 ? 'no stage' : 'several stages'} named '${stage}'`,
    'Export the stage from the module that `import.meta.url` names, once.',
    undefined,
  );
}

/** The options of an actor as its schema gives them. Throws `StageStartError`. */
export function optionsOf(plan: ActorPlan, stage: AnyStage): unknown {
  const parsed = parseOptions(stage.options, plan.options);
  if (parsed.status === 'ok') return parsed.value;
  const issues =
    parsed.status === 'invalid' ? parsed.issues.map(({ path, message }) => `${path} ${message}`) : [];
  throw new StageStartError(
    plan.name,
    `its options are refused on the worker (${[parsed.status, ...issues].join('; ')})`,
    'Use a synchronous schema that accepts a structured clone of the options.',
    undefined,
  );
}
