import { parseOptions } from '../plan/options.ts';
import { portText, resolvePorts } from '../plan/ports.ts';
import type { PortTable } from '../plan/ports.ts';
import { Problems } from '../plan/problems.ts';
import type { GraphDeclaration, PortName, StageEntry } from '../plan/types.ts';
import type { Flaw, Path } from './flaw.ts';
import type { PortTypes } from './declare.ts';
import type { GraphDocument } from './tables.ts';

type Side = 'inputs' | 'outputs';
/** `undefined`: there is no telling; `compile` says why. */
type Tables = Readonly<Record<Side, PortTable | undefined>>;

/** What the ports of a declaration's stages carry. */
export function portTypes({ stages }: Pick<GraphDeclaration, 'stages'>): PortTypes {
  const tables = new Map(stages.map((entry) => [entry.name, portsOf(entry)]));
  return (side, { stage, port }) => {
    const found = tables.get(stage)?.[side]?.get(port);
    return found === undefined ? undefined : portText(found);
  };
}

/** Where the types in a document are not what its stages' ports carry now. */
export function typeFlaws(document: GraphDocument, { stages }: GraphDeclaration): readonly Flaw[] {
  const tables = new Map(stages.map((entry) => [entry.name, portsOf(entry)]));
  const flaws: Flaw[] = [];
  const check = (side: Side, { stage, port }: PortName, type: string | undefined, path: Path): void => {
    const table = tables.get(stage)?.[side];
    if (type === undefined || table === undefined) return;
    const found = table.get(port);
    if (table.has(port) && (found === undefined || portText(found) === type)) return;
    const one = side === 'inputs' ? 'input' : 'output';
    const now = found === undefined ? 'is no longer there' : `carries ${portText(found)} now`;
    const message = `is '${type}', but ${one} '${port}' of stage '${stage}' ${now}`;
    const remedy = 'Give the stage the options (or the version) it had, or write what it carries now.';
    flaws.push({ path, message, remedy });
  };
  for (const [i, { from, to, type }] of (document.edge ?? []).entries()) {
    check('outputs', from, type, ['edge', i, 'type']);
    check('inputs', to, type, ['edge', i, 'type']);
  }
  for (const [i, { at, type }] of (document.input ?? []).entries()) {
    check('inputs', at, type, ['input', i, 'type']);
  }
  for (const [i, { at, type }] of (document.output ?? []).entries()) {
    check('outputs', at, type, ['output', i, 'type']);
  }
  return flaws;
}

function portsOf({ name, stage, settings }: StageEntry): Tables {
  // What is wrong with ports is `compile`'s to say.
  const ignored = new Problems();
  const parsed = parseOptions(stage.options, settings.options);
  const side = (which: Side): PortTable | undefined => {
    const ports: unknown = stage[which];
    if (typeof ports === 'function' && parsed.status !== 'ok') return undefined;
    return resolvePorts(ignored, name, which, ports, parsed.status === 'ok' ? parsed.value : undefined);
  };
  return { inputs: side('inputs'), outputs: side('outputs') };
}
