import type { ErrorWire, GraphWire, HappeningWire, ServerMessage } from '@troupe/core/telemetry';
import { actorStates } from '@troupe/core/telemetry';
import { clockTime, milliseconds } from './units.ts';

/** Happenings that the page keeps. */
const keptMax = 2_000;

export type HappeningType = HappeningWire['type'];

/** What happened, oldest first. */
export interface Log {
  readonly happenings: readonly HappeningWire[];
  /** Happenings that this page never saw, or no longer has. */
  readonly missed: number;
}

export const emptyLog: Log = { happenings: [], missed: 0 };

/** The log with what came now. What came twice, as after a reconnection, counts once. */
export function withHappenings(
  log: Log,
  { happenings, missed }: Extract<ServerMessage, { readonly type: 'happenings' }>,
): Log {
  const newest = log.happenings.at(-1)?.id ?? -1;
  const added = happenings.filter(({ id }) => id > newest);
  const all = [...log.happenings, ...added];
  const gone = Math.max(0, all.length - keptMax);
  return { happenings: all.slice(gone), missed: log.missed + missed + gone };
}

export interface LogFilter {
  /** All of them where it is empty. */
  readonly types: ReadonlySet<HappeningType>;
  readonly text: string;
}

/** Those that a filter lets through, newest first: threads tell what happened later than it did. */
export function filtered(log: Log, graph: GraphWire, filter: LogFilter): readonly HappeningWire[] {
  const wanted = filter.text.trim().toLowerCase();
  return log.happenings
    .filter(
      (happening) =>
        (filter.types.size === 0 || filter.types.has(happening.type)) &&
        (wanted === '' || sentenceOf(happening, graph).toLowerCase().includes(wanted)),
    )
    .toSorted((a, b) => b.atMs - a.atMs || b.id - a.id);
}

/** A happening in words. */
export function sentenceOf(happening: HappeningWire, graph: GraphWire): string {
  const nameOf = (stage: number): string => graph.stages[stage]?.name ?? `stage ${stage}`;
  switch (happening.type) {
    case 'state':
      return `${nameOf(happening.stage)} ${stateWords[actorStates[happening.state] ?? 'starting']}.`;
    case 'mode':
      return modeSentence(happening);
    case 'event':
      return `Event ${happening.event} has now been set ${times(happening.count)}.`;
    case 'rate':
      return `Rate of ${happening.target.replace(/^:/, 'runner ')} is ${happening.hz} Hz.`;
    case 'restart': {
      const { restart } = happening;
      const stages = restart.stages.map(nameOf).join(', ');
      const took = milliseconds(restart.tookMs);
      if (restart.reason === 'restart') return `${stages} was created anew, in ${took}.`;
      const why = { exit: 'ended', error: 'failed', hang: 'did not answer' }[restart.reason];
      return `Worker ${restart.worker} ${why} and was replaced in ${took}: ${stages}.`;
    }
    case 'failure': {
      const { failure } = happening;
      const { stage, work, verdict, error } = failure;
      return `${nameOf(stage)} threw in ${work} (${verdicts[verdict] ?? verdict}): ${rootOf(error).message}`;
    }
    case 'letter': {
      const { message, tries, error } = happening.letter;
      const after = tries === 1 ? 'one try' : `${tries} tries`;
      const letter = `Message ${message.seq} became a dead letter of ${nameOf(message.stage)}`;
      return `${letter} after ${after}: ${rootOf(error).message}`;
    }
    case 'log':
      return `${happening.stage}: ${happening.message}`;
    case 'break': {
      const { breakpoint, stage, seq } = happening;
      return `Breakpoint ${breakpoint} holds ${nameOf(stage)} before message ${seq}.`;
    }
    case 'end':
      return happening.error === undefined
        ? `The run has ${happening.reason === 'stopped' ? 'been stopped' : happening.reason}.`
        : `The run has failed: ${happening.error.message}`;
  }
}

const stateWords: Readonly<Record<(typeof actorStates)[number], string>> = {
  starting: 'is starting',
  running: 'is running',
  backoff: 'waits before it tries again',
  ended: 'has ended',
  stopped: 'has been stopped',
  lost: 'is lost: it is not restarted any more',
};

const verdicts: Readonly<Record<string, string>> = {
  retried: 'tried again',
  recreated: 'created anew',
  'given up': 'given up',
  stopped: 'stopped',
  escalated: 'the run fails',
};

/** What the handler itself threw, rather than what the run made of it. */
export function rootOf(error: ErrorWire): ErrorWire {
  return error.code === 'HANDLER_THREW' && error.cause !== undefined ? error.cause : error;
}

function modeSentence(happening: Extract<HappeningWire, { readonly type: 'mode' }>): string {
  const { from, to, cause, outcome, rule, error } = happening;
  const why = error === undefined ? '' : `: ${error.message}`;
  switch (outcome) {
    case 'entered':
      return `Mode ${to} entered from ${from} (${cause}).`;
    case 'refused':
      return `Mode ${to} was refused in ${from}${rule === undefined ? '' : ` by ${rule}`} (${cause}).`;
    case 'failed':
      return `The change from ${from} to ${to} failed (${cause})${why}.`;
  }
}

function times(count: number): string {
  return count === 1 ? 'once' : count === 2 ? 'twice' : `${count} times`;
}

/** The log as lines of text, oldest first: for a file or a report. */
export function logText(happenings: readonly HappeningWire[], graph: GraphWire): string {
  return happenings.map((it) => `${clockTime(it.atMs)}  ${sentenceOf(it, graph)}`).join('\n');
}
