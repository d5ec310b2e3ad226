import { graph } from '@troupe/core';
import type { LogLine, Placement, Run, StartOptions, Supervision } from '@troupe/core';
import { ioPuppet, memoryOf, puppet } from '../fixtures/puppet.ts';
import type { Act, Cue, Trace } from '../fixtures/puppet.ts';

/** How one puppet of a row is set up. */
export interface Part {
  readonly supervision?: Partial<Supervision>;
  readonly worker?: Placement;
  readonly snapshotEveryMs?: number;
  readonly isIo?: boolean;
  readonly create?: Act;
  readonly start?: Act;
  readonly stop?: Act;
  readonly snapshot?: Act;
  readonly slot?: number;
}

export type Told = Cue & Trace;

export interface Row {
  readonly run: Run;
  readonly logs: LogLine[];
  /** What slots still hold: how often their acts are yet to be done. */
  readonly slots: Int32Array<SharedArrayBuffer>;
  /** Pushes cues and ends the stream; resolves with everything that came out. */
  readonly play: (cues: readonly Cue[]) => Promise<Told[]>;
}

/**
 * Puppets `p0`, `p1`, … in a row, between the input `in` and the output `out`. `times`: how often an act is
 * done, by slot.
 */
export async function startRow(
  parts: readonly Part[],
  times: Readonly<Record<number, number>> = {},
  options: StartOptions = {},
): Promise<Row> {
  const memory = memoryOf(times);
  const logs: LogLine[] = [];
  const g = graph('row');
  const refs = parts.map(({ isIo = false, create, start, stop, snapshot, slot, ...settings }, i) =>
    g.stage(`p${i}`, isIo ? ioPuppet : puppet, {
      ...settings,
      worker: settings.worker ?? { group: 'one' },
      options: {
        memory,
        ...(create && { create }),
        ...(start && { start }),
        ...(stop && { stop }),
        ...(snapshot && { snapshot }),
        ...(slot && { slot }),
      },
    }),
  );
  const [first] = refs;
  const last = refs.at(-1);
  if (first === undefined || last === undefined) throw new Error('a row of no puppets');
  g.input('in', first.in.in, { capacity: 256 });
  for (const [i, ref] of refs.entries()) {
    const next = refs[i + 1];
    if (next !== undefined) g.connect(ref.out.out, next.in.in);
  }
  g.output('out', last.out.out, { capacity: 1_024 });
  const run = await g.start({
    replacements: { max: 100, withinMs: 10_000 },
    onLog: (line) => logs.push(line),
    ...options,
  });
  const play = async (cues: readonly Cue[]): Promise<Told[]> => {
    const told: Told[] = [];
    const taking = (async () => {
      for await (const { value } of run.samples('out')) told.push(value as Told);
    })();
    for (const cue of cues) await run.push('in', cue);
    await run.stop({ drain: true });
    await taking;
    return told;
  };
  return { run, logs, slots: new Int32Array(memory), play };
}

/** Numbered cues, some of which say more. */
export function cues(count: number, more: Readonly<Record<number, Omit<Cue, 'n'>>> = {}): Cue[] {
  return Array.from({ length: count }, (_, n) => ({ n, ...more[n] }));
}

export function numbersOf(told: readonly Told[]): number[] {
  return told.map(({ n }) => n);
}

/** 0 … count - 1 without some. */
export function upTo(count: number, ...without: readonly number[]): number[] {
  return Array.from({ length: count }, (_, n) => n).filter((n) => !without.includes(n));
}
