import type { Clause } from './clause.ts';
import type { Played } from './played.ts';
import { difference, emissionsOf, streamDifference, streamsOf } from './played.ts';
import type { ClauseName } from './played.ts';
import { play } from './rig.ts';
import type { Manner } from './rig.ts';
import type { Specimen } from './specimen.ts';
import type { Trial } from './trials.ts';
import {
  handovers,
  interrupted,
  leavingInactive,
  modeChanges,
  pauses,
  turns,
  uninterrupted,
} from './trials.ts';
import type { Invariant, Seen } from './given.ts';

/** How long emissions are looked for after `onStop`. */
const lingerMs = 2;
/** The second play is some days later. */
const laterMs = 400_000_000;

/** What a handler itself shows. */
function plain(name: ClauseName, title: string, remedy: string, manner: Manner = {}): Clause {
  return {
    name,
    title,
    remedy,
    depth: 'rig',
    trials: uninterrupted,
    async judge(specimen, trial) {
      return ownViolation(name, await playTrial(specimen, trial, manner));
    },
  };
}

/** The same script, played in two ways, gives the same. */
function compared(
  clause: Pick<Clause, 'name' | 'title' | 'remedy' | 'trials'>,
  manners: readonly [Manner, Manner],
): Clause {
  const { name } = clause;
  return {
    ...clause,
    depth: 'rig',
    async judge(specimen, trial) {
      const undisturbed = { ...trial, interruptions: [] };
      const expected = await playTrial(specimen, undisturbed, manners[0]);
      const actual = await playTrial(specimen, trial, manners[1]);
      const own = ownViolation(name, actual) ?? ownViolation(name, expected);
      if (own !== undefined) return own;
      // What else is wrong is said by the clause that it breaks.
      if (expected.violations.length > 0 || actual.violations.length > 0) return undefined;
      const found = difference(expected, actual);
      if (found === undefined || name === 'repeatable') return found;
      // A stage that gives something else every time is not told from what is tried here.
      const again = await playTrial(specimen, undisturbed, manners[0]);
      return difference(expected, again) === undefined ? found : undefined;
    },
  };
}

export const rigClauses: readonly Clause[] = [
  plain(
    'serial',
    'handlers are never entered twice at once',
    'Leave calling handlers to the executor; await what a handler starts, and emit nothing outside of one.',
    { lingerMs },
  ),
  plain('fits', 'every emission fits its port', 'Emit what the port declares, or declare what is emitted.'),
  plain('bounded', 'no call emits more than declared', 'Emit less, or raise `maxEmit` of the port.'),
  plain('committed', 'no reserved frame is left uncommitted', 'Reserve only what the same call commits.'),
  plain(
    'silent',
    'nothing is emitted after onStop',
    'Clear timers and end work in onStop; keep no `out` beyond a call.',
    { lingerMs },
  ),
  compared(
    {
      name: 'buffers',
      title: 'input buffers are neither written to nor kept',
      remedy: 'Copy what is needed later (slice), and leave alone what has been handed on.',
      trials: uninterrupted,
    },
    [
      { isPoisoning: false, surround: 0x11 },
      { isPoisoning: true, surround: 0xee },
    ],
  ),
  plain(
    'accepts',
    'every input that fits its port is handled',
    'Handle it, or say which errors are meant: `refuses`.',
  ),
  compared(
    {
      name: 'repeatable',
      title: 'a fresh instance gives the same outputs',
      remedy: 'Use `random`, `now` and the times of inputs; keep no state outside of `create`.',
      trials: uninterrupted,
    },
    [{ stale: 0x11 }, { stale: 0xee, shiftMs: laterMs }],
  ),
  compared(
    {
      name: 'batches',
      title: 'the split into batches changes nothing',
      remedy: 'Do not count on the event loop between two calls.',
      trials: (specimen, survey) => interrupted(specimen, survey, turns(), { min: 1, max: 8 }),
    },
    [{}, {}],
  ),
  compared(
    {
      name: 'snapshot',
      title: 'a snapshot continues as if nothing had happened',
      remedy: 'Put everything that outputs depend on into `snapshot`, as plain data, and take it from there.',
      trials: (specimen, survey) => interrupted(specimen, survey, handovers(), { min: 1, max: 2 }),
    },
    [{}, {}],
  ),
  compared(
    {
      name: 'room',
      title: 'a wait for room loses nothing',
      remedy: 'Let what is kept not depend on how long a call was put off.',
      trials: (specimen, survey) => interrupted(specimen, survey, pauses(), { min: 1, max: 4 }),
    },
    [{}, {}],
  ),
  compared(
    {
      name: 'modes',
      title: 'a change of mode loses nothing',
      remedy: 'Keep in onMode what has arrived; say `activeIn` where a stage is not to run.',
      trials: (specimen, survey) =>
        interrupted(specimen, survey, modeChanges(specimen), { min: 1, max: 6 }).map((trial) =>
          leavingInactive(specimen, trial),
        ),
    },
    [{}, {}],
  ),
];

/** A model of what comes out. */
export const modelClause: Clause = {
  name: 'model',
  title: 'the outputs are those of the model',
  remedy: 'Mend the stage, the model, or the tolerance.',
  depth: 'rig',
  trials: uninterrupted,
  async judge(specimen, trial) {
    const played = await playTrial(specimen, trial, {});
    if (played.violations.length > 0) return undefined;
    const { model, tolerance = {} } = specimen.given;
    const expected = Object.entries(model?.(seenOf(specimen, played)) ?? {}) as [
      string,
      readonly unknown[],
    ][];
    const actual = streamsOf(emissionsOf(played));
    const modelled = expected.flatMap(([port, datas]) => datas.map((data) => ({ port, data, time: 0 })));
    const ports = new Set(expected.map(([port]) => port));
    const compared = new Map([...actual].filter(([port]) => ports.has(port)));
    return streamDifference(streamsOf(modelled), compared, { hasTimes: false, tolerance });
  },
};

/** An invariant of one's own. */
export function invariantClause({ name, check }: Invariant): Clause {
  return {
    name: 'invariant',
    title: name,
    remedy: 'Mend the stage, or the invariant.',
    depth: 'rig',
    trials: uninterrupted,
    async judge(specimen, trial) {
      const played = await playTrial(specimen, trial, {});
      if (played.violations.length > 0) return undefined;
      return check(seenOf(specimen, played)) === false ? 'it does not hold' : undefined;
    },
  };
}

function playTrial(
  specimen: Specimen,
  { script, hz, interruptions }: Trial,
  manner: Manner,
): Promise<Played> {
  return play(specimen, script, { ...manner, hz, interruptions });
}

function ownViolation(name: ClauseName, { violations }: Played): string | undefined {
  const own = violations.find(({ clause }) => clause === name);
  if (own === undefined) return undefined;
  return own.step === 0 ? `before the first step ${own.text}` : `in step ${own.step} ${own.text}`;
}

function seenOf(specimen: Specimen, played: Played): Seen {
  const { calls, options } = played;
  const streams = streamsOf(emissionsOf(played));
  const byName = <T>(
    names: Iterable<string>,
    list: (name: string) => readonly T[],
  ): Record<string, readonly T[]> => Object.fromEntries(Array.from(names, (name) => [name, list(name)]));
  return {
    options,
    calls,
    inputs: byName(specimen.inputs.keys(), (name) =>
      calls.filter(({ port }) => port === name).map(({ data }) => data),
    ),
    outputs: byName(specimen.outputs.keys(), (name) => (streams.get(name) ?? []).map(({ data }) => data)),
  };
}
