import type { FramePort } from '../ports.ts';
import { isStage } from '../stage.ts';
import type { AnyStage } from '../stage.ts';
import { checkFrame, portText } from './ports.ts';
import { frameBytes } from './sizes.ts';
import { checkName, list, show } from './problems.ts';
import type { Problems } from './problems.ts';
import type { GraphDeclaration, LatchBinding, LatchEntry, LatchPlan, StageEntry } from './types.ts';

/** Bytes of one value, several of which are kept. */
const latchBytesMax = 2 ** 28;

/** The latches of a graph, and who uses them. */
export interface Latching {
  readonly latches: readonly LatchPlan[];
  /** For each declared stage its latches by the names it knows them by. */
  readonly bindings: readonly (readonly LatchBinding[])[];
}

/** Checks all latches of a declaration and binds them to the stages that use them. */
export function resolveLatches(problems: Problems, declaration: GraphDeclaration): Latching {
  const entries = declaration.latches ?? [];
  checkLatches(problems, entries);
  const bindings = declaration.stages.map((entry) => bind(problems, entry, entries));
  const latches = entries.map(({ name, dtype, shape }, latch) => {
    const users = (isWritten: boolean): number[] =>
      bindings.flatMap((all, stage) => {
        return all.some((each) => each.latch === latch && each.isWritten === isWritten) ? [stage] : [];
      });
    const [writer, ...others] = users(true);
    const names = (stages: readonly number[]): string =>
      list(stages.map((stage) => declaration.stages[stage]?.name ?? '?'));
    if (writer !== undefined && others.length > 0) {
      const message = `the latch '${name}' is written by ${names([writer, ...others])}`;
      const stage = declaration.stages[others[0] ?? 0]?.name ?? '?';
      problems.error('LATCH_WRITERS', { stage }, message, 'Let one stage write it; give the others latches.');
    }
    const readers = users(false);
    if (writer === undefined) {
      const message = `no stage writes the latch '${name}', so it stays zero`;
      problems.warn('UNWRITTEN_LATCH', {}, message, 'Let a stage declare it with `written(frame(…))`.');
    } else if (readers.length === 0) {
      const message = `no stage but its writer, ${names([writer])}, uses the latch '${name}'`;
      problems.warn('UNREAD_LATCH', {}, message, 'Bind it to the stages that read it, or remove it.');
    }
    return { name, dtype, shape, writer: writer ?? -1, readers };
  });
  return { latches, bindings };
}

function checkLatches(problems: Problems, entries: readonly LatchEntry[]): void {
  const count = new Map<string, number>();
  for (const { name, dtype, shape } of entries) {
    checkName(problems, 'latch', name, {});
    const before = problems.errors.length;
    checkFrame(problems, { port: String(name) }, { dtype, shape });
    const isFrame = problems.errors.length === before;
    if (isFrame && frameBytes({ dtype, shape }) > latchBytesMax) {
      const message = `a value of the latch '${name}' has ${frameBytes({ dtype, shape })} bytes`;
      const remedy = `Send it through a port; a latch's value has at most ${latchBytesMax} bytes.`;
      problems.error('FRAME_TOO_LARGE', {}, message, remedy);
    }
    count.set(name, (count.get(name) ?? 0) + 1);
  }
  for (const [name, times] of count) {
    if (times === 1) continue;
    const message = `${times} latches are named ${show(name)}`;
    problems.error('DUPLICATE_LATCH', {}, message, 'Give each latch of a graph a name of its own.');
  }
}

function bind(
  problems: Problems,
  { name: stageName, stage, settings }: StageEntry,
  entries: readonly LatchEntry[],
): readonly LatchBinding[] {
  const known = isStage(stage) ? declaredBy(stage) : new Map<string, FramePort>();
  const bound = new Map(Object.entries(settings.latches ?? {}));
  for (const name of bound.keys()) {
    if (known.has(name) || !isStage(stage)) continue;
    const message = `it is given a latch '${name}', but stage '${stage.name}' knows ${list(known.keys())}`;
    problems.error(
      'UNKNOWN_LATCH',
      { stage: stageName },
      message,
      'Declare it in defineStage, or leave it out.',
    );
  }
  const bindings: LatchBinding[] = [];
  for (const [name, port] of known) {
    const ref = bound.get(name);
    if (ref === undefined) {
      const message = `its latch '${name}' is not bound`;
      const remedy = `Give graph.stage \`latches: { ${name}: g.latch(…) }\`.`;
      problems.error('UNBOUND_LATCH', { stage: stageName }, message, remedy);
      continue;
    }
    const wanted = typeof ref === 'string' ? ref : ref.latch;
    const latch = entries.findIndex((entry) => entry.name === wanted);
    const entry = entries[latch];
    if (entry === undefined) {
      const message = `its latch '${name}' is bound to ${show(wanted)}, which the graph does not declare`;
      const remedy = `Use one of ${list(entries.map((each) => each.name))}, or declare it with graph.latch.`;
      problems.error('UNKNOWN_LATCH', { stage: stageName }, message, remedy);
      continue;
    }
    if (checkFit(problems, stageName, name, port, entry)) {
      bindings.push({ name, latch, isWritten: 'access' in port && port.access === 'write' });
    }
  }
  return bindings;
}

function declaredBy({ latches }: AnyStage): ReadonlyMap<string, FramePort> {
  return new Map(Object.entries(latches ?? {}));
}

function checkFit(
  problems: Problems,
  stage: string,
  name: string,
  port: FramePort | undefined,
  entry: LatchEntry,
): boolean {
  if (port?.kind !== 'frame') {
    const message = `its latch '${name}' is declared as ${show(port)}`;
    problems.error('LATCH_MISMATCH', { stage }, message, 'Declare it with frame(dtype, shape).');
    return false;
  }
  const isSame = port.dtype === entry.dtype && String(port.shape) === String(entry.shape);
  if (isSame) return true;
  const other = portText({ ...port, ...entry });
  const message = `its latch '${name}' is ${portText(port)}, '${entry.name}' is ${other}`;
  problems.error('LATCH_MISMATCH', { stage }, message, 'Let dtype and shape agree.');
  return false;
}
