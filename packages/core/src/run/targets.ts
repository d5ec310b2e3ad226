import { TargetError } from '../errors.ts';
import type { EdgeEnd, EdgePlan, Plan, PortName } from '../plan/types.ts';

/** The edge between two ports. Throws `TargetError`. */
export function edgeBetween(plan: Plan, from: PortName, to: PortName): EdgePlan {
  const isAt = (end: EdgeEnd, { stage, port }: PortName): boolean =>
    end.kind === 'actor' && plan.actors[end.actor]?.name === stage && end.port === port;
  const found = plan.edges.find((edge) => isAt(edge.from, from) && isAt(edge.to, to));
  if (found !== undefined) return found;
  const names = `${from.stage}.${from.port} → ${to.stage}.${to.port}`;
  throw new TargetError(`there is no edge ${names}`, 'Name an edge of the graph.');
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
