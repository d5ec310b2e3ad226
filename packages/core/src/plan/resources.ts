import { isIntegerIn, list, show } from './problems.ts';
import type { Problems } from './problems.ts';
import type { ResolvedStage } from './stages.ts';
import type { ResourceDemand, ResourcePlan } from './conditions.ts';
import type { GraphDeclaration, WorkerIndex } from './types.ts';

const capacityMax = 65_536;

/** What stages need of exclusive resources, by the stages' positions. */
export interface ResolvedResources {
  readonly capacities: ReadonlyMap<string, number>;
  readonly demands: readonly (readonly ResourceDemand[])[];
}

/** Checks what stages need of exclusive resources, and how much there is of each. */
export function resolveResources(
  problems: Problems,
  declaration: GraphDeclaration,
  stages: readonly ResolvedStage[],
  given: Readonly<Record<string, number>> = {},
): ResolvedResources {
  const named = new Map<string, number>();
  for (const [name, capacity] of Object.entries(given)) {
    if (isIntegerIn(capacity, 1, capacityMax)) named.set(name, capacity);
    else {
      const message = `resources.${name} is ${show(capacity)}`;
      problems.error('BAD_RESOURCES', {}, message, `Give an integer from 1 to ${capacityMax}.`);
    }
  }
  const capacities = new Map<string, number>();
  const demands = stages.map(({ name: stage, stage: definition }, i) => {
    const own = declaration.stages[i]?.settings.resources;
    const wanted = own ?? (definition as { resources?: unknown } | undefined)?.resources;
    return amounts(problems, stage, wanted).map(([name, amount]) => {
      if (!capacities.has(name)) capacities.set(name, named.get(name) ?? 1);
      const capacity = capacities.get(name) ?? 1;
      if (amount > capacity && (Object.hasOwn(given, name) ? named.has(name) : true)) {
        const message = `it needs ${amount} of resource '${name}', of which there is ${capacity}`;
        const remedy = `Name a capacity at start, { resources: { ${name}: ${amount} } }, or need less.`;
        problems.error('RESOURCE_BEYOND_CAPACITY', { stage }, message, remedy);
      }
      return { resource: [...capacities.keys()].indexOf(name), amount };
    });
  });
  for (const name of named.keys()) {
    if (capacities.has(name)) continue;
    const remedy = `Stages need ${list(capacities.keys())}: correct the name, or leave it out.`;
    problems.warn('UNUSED_RESOURCE', {}, `no stage needs resource '${name}'`, remedy);
  }
  return { capacities, demands };
}

/** The resources of the plan, once it is known which actor runs where. */
export function planResources(
  { capacities, demands }: ResolvedResources,
  workerOf: readonly WorkerIndex[],
): readonly ResourcePlan[] {
  return [...capacities].map(([name, capacity], index) => ({
    name,
    capacity,
    users: demands.flatMap((demand, actor) => {
      const amount = demand.find(({ resource }) => resource === index)?.amount;
      return amount === undefined ? [] : [{ actor, worker: workerOf[actor] ?? 0, amount }];
    }),
  }));
}

/** The resources of one stage with their amounts; what is wrong with them is reported and left out. */
function amounts(problems: Problems, stage: string, wanted: unknown): readonly (readonly [string, number])[] {
  if (wanted === undefined) return [];
  const report = (message: string): void => {
    const remedy = `Give names, ['gpu'], or names with amounts, { gpu: 1 }.`;
    problems.error('BAD_RESOURCES', { stage }, message, remedy);
  };
  if (typeof wanted !== 'object' || wanted === null) {
    report(`resources is ${show(wanted)}`);
    return [];
  }
  const entries: (readonly [unknown, unknown])[] = Array.isArray(wanted)
    ? wanted.map((name: unknown) => [name, 1])
    : Object.entries(wanted);
  const good = new Map<string, number>();
  for (const [name, amount] of entries) {
    if (typeof name !== 'string' || name === '') report(`${show(name)} cannot be the name of a resource`);
    else if (!isIntegerIn(amount, 1, capacityMax)) report(`resources.${name} is ${show(amount)}`);
    else if (good.has(name)) report(`resource '${name}' is named twice`);
    else good.set(name, amount);
  }
  return [...good];
}
