import { TargetError } from '../errors.ts';
import type { EdgeEnd, EdgePlan, Plan, PortName } from '../plan/types.ts';

/** The edges between two ports, one at least. Throws `TargetError`. */
export function edgesBetween(plan: Plan, from: PortName, to: PortName): readonly EdgePlan[] {
  const isAt = (end: EdgeEnd, { stage, port }: PortName): boolean =>
    end.kind === 'actor' && plan.actors[end.actor]?.name === stage && end.port === port;
  const found = plan.edges.filter((edge) => isAt(edge.from, from) && isAt(edge.to, to));
  if (found.length > 0) return found;
  throw new TargetError(`there is no edge ${nameOf(from, to)}`, 'Name an edge of the graph.');
}

/** The edges between two ports that hold their writer back as declared. Throws `TargetError` without any. */
export function blockingEdges(plan: Plan, from: PortName, to: PortName): readonly EdgePlan[] {
  const found = edgesBetween(plan, from, to);
  const blocking = found.filter(({ overflow }) => overflow === 'block');
  if (blocking.length > 0) return blocking;
  throw new TargetError(
    `the edge ${nameOf(from, to)} is declared '${found[0]?.overflow}': it never holds its writer back`,
    "Connect the ports with `overflow: 'block'`.",
  );
}

function nameOf(from: PortName, to: PortName): string {
  return `${from.stage}.${from.port} → ${to.stage}.${to.port}`;
}

/** The boundary port of that name, or of that reference. Throws `TargetError`. */
export function boundaryOf<P>(
  ports: ReadonlyMap<string, P>,
  port: string | { readonly name: string },
  what: 'input' | 'output',
): P {
  const name = typeof port === 'string' ? port : port.name;
  const found = ports.get(name);
  if (found !== undefined) return found;
  const names = ports.size === 0 ? '(none)' : [...ports.keys()].join(', ');
  throw new TargetError(`there is no ${what} '${name}'`, `Use one of: ${names}.`, name);
}
