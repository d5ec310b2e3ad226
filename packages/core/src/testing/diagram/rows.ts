import type { TraceEntry } from '../simulation/trace.ts';

/** One line of a sequence diagram. */
export interface Row {
  readonly step: number;
  readonly atMs: number;
  /** 0 is main. */
  readonly thread: number;
  /** The thread from which a message has come; that of the row where it came from nowhere else. */
  readonly from: number;
  readonly text: string;
  /** The messages that it stands for, by their seqs: the first and the last of a row without gaps. */
  readonly seqs: readonly [first: number, last: number] | undefined;
  /** `message`: drawn as an arrow. `fault`: something is made to go wrong. `end`: the thread has ended. */
  readonly kind: 'message' | 'fault' | 'end' | 'other';
}

/** What a sequence diagram shows. */
export interface Drawing {
  readonly rows: readonly Row[];
  /** The threads with a lifeline: main first. */
  readonly threads: readonly number[];
  /** Stages that were called, by thread. */
  readonly stages: ReadonlyMap<number, readonly string[]>;
  /** Rows that are older, and not shown. */
  readonly leftOut: number;
}

/** What a thread does by itself between messages. The rest of a trace says only that time goes by. */
const doings: Partial<Record<TraceEntry['what'], string>> = {
  arm: 'arms',
  strike: 'sleeps',
  wake: 'wakes',
  control: 'told',
  open: 'opens',
};
/** How many columns things that a thread does by itself may have in one row. */
const joinedColumnsMax = 20;

/** The rows of a trace, the newest `max` of them. */
export function rowsOf(
  trace: readonly TraceEntry[],
  { max, sleep }: { readonly max: number; readonly sleep: boolean },
): Drawing {
  const rows: Row[] = [];
  for (const entry of trace) {
    const row = sleep || !(entry.what in doings) ? rowOf(entry) : undefined;
    if (row === undefined) continue;
    const last = rows.at(-1);
    const both = last === undefined ? undefined : joined(last, row);
    if (both === undefined) rows.push(row);
    else rows[rows.length - 1] = both;
  }
  const shown = rows.slice(-Math.max(1, max));
  const threads = new Set([0, ...shown.flatMap(({ thread, from }) => [thread, from])]);
  return {
    rows: shown,
    threads: [...threads].toSorted((a, b) => a - b),
    stages: stagesOf(trace),
    leftOut: rows.length - shown.length,
  };
}

/** What a row says. */
export function textOf({ text, seqs }: Row): string {
  if (seqs === undefined) return text;
  const [first, last] = seqs;
  return first === last ? `${text} #${first}` : `${text} #${first}-${last}`;
}

function rowOf({ step, atMs, thread, what, about, number, edge }: TraceEntry): Row | undefined {
  const at = { step, atMs, thread, from: thread, seqs: undefined };
  switch (what) {
    case 'onInput':
    case 'take': {
      const seqs = [number, number] as const;
      return { ...at, from: edge?.fromThread ?? thread, text: edge?.to ?? about, seqs, kind: 'message' };
    }
    case 'onTick':
    case 'onDemand':
    case 'onPost':
      return { ...at, text: `${about} ${what}`, kind: 'other' };
    case 'push':
      return { ...at, text: `push ${about}`, seqs: [number - 1, number - 1], kind: 'other' };
    case 'mode':
      return { ...at, text: `mode ${about}`, kind: 'other' };
    case 'fault':
      return { ...at, text: `✗ ${about}`, kind: 'fault' };
    case 'lost':
      return { ...at, text: '† ended', kind: 'end' };
    case 'message':
      // What a worker says is heard by main.
      return { ...at, thread: 0, text: about === 'end' ? 'is gone' : about, kind: 'message' };
    default: {
      const text = doings[what];
      return text === undefined || thread < 0 ? undefined : { ...at, text, kind: 'other' };
    }
  }
}

/** Two rows as one, where nobody else has done anything between them. */
function joined(last: Row, row: Row): Row | undefined {
  if (last.kind !== row.kind || last.thread !== row.thread || last.from !== row.from) return undefined;
  if (last.seqs !== undefined) {
    const [first, seq] = last.seqs;
    const next = row.seqs?.[0];
    if (next !== seq + 1 || last.step !== row.step || last.text !== row.text) return undefined;
    return { ...last, seqs: [first, next] };
  }
  if (row.kind !== 'other' || row.seqs !== undefined) return undefined;
  const text = `${last.text}, ${row.text}`;
  return text.length > joinedColumnsMax ? undefined : { ...last, text };
}

function stagesOf(trace: readonly TraceEntry[]): ReadonlyMap<number, readonly string[]> {
  const stages = new Map<number, string[]>();
  for (const { thread, what, about } of trace) {
    if (what !== 'onInput' && what !== 'onTick' && what !== 'onDemand' && what !== 'onPost') continue;
    const known = stages.get(thread);
    if (known === undefined) stages.set(thread, [about]);
    else if (!known.includes(about)) known.push(about);
  }
  return stages;
}
