import { PlanError } from '../../src/errors.ts';
import { compile } from '../../src/plan/compile.ts';
import type {
  BoundaryEntry,
  CompileOptions,
  EdgeOptions,
  GraphDeclaration,
  Plan,
  PlanProblem,
  PortName,
  StageSettings,
} from '../../src/plan/types.ts';
import { frame } from '../../src/ports.ts';
import type { PortMap } from '../../src/ports.ts';
import { defineStage } from '../../src/stage.ts';
import type { AnyStage } from '../../src/stage.ts';

/** The eight floats that most of these tests move around. */
export const eight = frame('float32', [8]);

/** A stage that a worker could import, with the given ports. */
export function stageOf(name: string, inputs: PortMap, outputs: PortMap, more: object = {}): AnyStage {
  return defineStage({ module: 'file:///stages.ts', name, inputs, outputs, create: () => ({}), ...more });
}

export const source = stageOf('source', {}, { out: eight });
export const relay = stageOf('relay', { in: eight }, { out: eight });
export const sink = stageOf('sink', { in: eight }, {});
/** May be connected or not, on both sides. */
export const free = stageOf('free', { in: frame('float32', [8], { optional: true }) }, { out: eight });

type Edge = string | readonly [ends: string, options: EdgeOptions];
type Boundary = Readonly<Record<string, string | readonly [at: string, options: EdgeOptions]>>;

/** What is given as it is. */
type More = Omit<Partial<GraphDeclaration>, 'name' | 'stages' | 'edges' | 'inputs' | 'outputs'>;

/**
 * A declaration in shorthand: stages by name, edges as `'a.out > b.in'`, boundary ports as name: `'a.out'`.
 */
export function declare(
  stages: Readonly<Record<string, unknown>>,
  edges: readonly Edge[] = [],
  {
    inputs = {},
    outputs = {},
    ...more
  }: { readonly inputs?: Boundary; readonly outputs?: Boundary } & More = {},
): GraphDeclaration {
  return {
    name: 'test',
    stages: Object.entries(stages).map(([name, given]) => {
      const [stage, settings] = (Array.isArray(given) ? given : [given, {}]) as [AnyStage, StageSettings];
      return { name, stage, settings };
    }),
    edges: edges.map((edge) => {
      const [ends, options] = typeof edge === 'string' ? [edge, {}] : edge;
      const [from = '', to = ''] = ends.split(' > ');
      return { ...options, from: portName(from), to: portName(to) };
    }),
    inputs: boundary(inputs),
    outputs: boundary(outputs),
    ...more,
  };
}

function boundary(entries: Boundary): BoundaryEntry[] {
  return Object.entries(entries).map(([name, entry]) => {
    const [at, options] = typeof entry === 'string' ? [entry, {}] : entry;
    return { ...options, name, at: portName(at) };
  });
}

function portName(text: string): PortName {
  const [stage = '', port = ''] = text.split('.');
  return { stage, port };
}

/** Every problem of a declaration that must have some. */
export function problemsOf(declaration: GraphDeclaration, options?: CompileOptions): readonly PlanProblem[] {
  return planErrorOf(declaration, options).problems;
}

export function planErrorOf(declaration: GraphDeclaration, options?: CompileOptions): PlanError {
  try {
    compile(declaration, options);
  } catch (error) {
    if (error instanceof PlanError) return error;
    throw error;
  }
  throw new Error('the declaration compiles, but must not');
}

/** Names of the stages on each worker, in the order they are stepped. */
export function workersOf(plan: Plan): string[][] {
  return plan.workers.map((worker) => worker.actors.map((actor) => plan.actors[actor]?.name ?? '?'));
}
