import { findPort } from './edges.ts';
import type { Problems } from './problems.ts';
import type { ResolvedStage } from './stages.ts';
import type { GraphDeclaration, PortName } from './types.ts';

/** Checks the outputs that are left unread on purpose. Each is there once in the result. */
export function resolveTerminators(
  problems: Problems,
  { terminators = [], edges, outputs }: GraphDeclaration,
  stages: ReadonlyMap<string, ResolvedStage>,
): readonly PortName[] {
  const resolved: PortName[] = [];
  for (const { stage, port } of terminators) {
    const at = { stage, port };
    if (findPort({ problems, stages }, 'outputs', at) === undefined) continue;
    const isHere = (other: PortName): boolean => other.stage === stage && other.port === port;
    if (resolved.some(isHere)) {
      const message = `output '${port}' is terminated twice`;
      problems.warn('DUPLICATE_TERMINATOR', at, message, 'Call graph.terminate once for an output.');
      continue;
    }
    resolved.push(at);
    if (edges.some(({ from }) => isHere(from)) || outputs.some((output) => isHere(output.at))) {
      const message = `output '${port}' is terminated, but read all the same`;
      problems.warn(
        'IDLE_TERMINATOR',
        at,
        message,
        'Remove the terminator, or the edges that read the output.',
      );
    }
  }
  return resolved;
}
