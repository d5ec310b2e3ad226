import type { StandardSchemaV1 } from '@standard-schema/spec';
import { parseOptions } from '../plan/options.ts';
import type { GraphDeclaration } from '../plan/types.ts';
import type { PortMap } from '../ports.ts';

/** The schema of the message port behind a boundary input; `undefined` where it has none. */
export function schemaOf(declaration: GraphDeclaration, input: string): StandardSchemaV1 | undefined {
  const at = declaration.inputs.find(({ name }) => name === input)?.at;
  const entry = declaration.stages.find(({ name }) => name === at?.stage);
  if (at === undefined || entry === undefined) return undefined;
  const declared: unknown = entry.stage.inputs;
  const ports = (
    typeof declared === 'function' ? declared(parsed(entry.stage.options, entry.settings.options)) : declared
  ) as PortMap;
  const port = ports?.[at.port];
  return port?.kind === 'message' ? port.schema : undefined;
}

/** `compile` has seen to it that the options fit. */
function parsed(schema: unknown, raw: unknown): unknown {
  const result = parseOptions(schema, raw);
  return result.status === 'ok' ? result.value : undefined;
}
