import { setImmediate as turn } from 'node:timers/promises';
import type { Run, RunReport } from '../../run/types.ts';
import type { Clause } from './clause.ts';
import { drivers, runScene, takeAll, threadDrivers } from './drivers.ts';
import type { Driver, Outcome, Wanted } from './drivers.ts';
import { isSame, payloadText } from '../equality.ts';
import { emissionsOf, streamDifference, streamsOf } from './played.ts';
import type { Played, Streams } from './played.ts';
import { play } from './rig.ts';
import { looseName, sceneOf } from './scene.ts';
import type { Scene } from './scene.ts';
import type { Specimen } from './specimen.ts';
import { modeNames, uninterrupted } from './trials.ts';
import type { Survey, Trial } from './trials.ts';

/** What a graph is to give, from a play without one; `undefined` where the graph may well differ. */
interface Reference {
  readonly played: Played;
  readonly streams: Streams;
  readonly wanted: Wanted;
  /** What a source emits has the time of its call, which depends on the driver. */
  readonly hasTimes: boolean;
}

/** Capacities of the edges, by how often a case has been tried: they decide how calls come in batches. */
const capacities = [1, 3, 64];

/** Every way to run a graph gives the same. */
export const driversClause: Clause = {
  name: 'drivers',
  title: 'the outputs are the same on every driver, fused or not',
  remedy: 'Let outputs depend on inputs, ticks and options alone, not on where the stage runs.',
  depth: 'graph',
  trials: (specimen, survey) => uninterrupted(specimen, survey, { isForGraph: true }),
  async judge(specimen, trial, survey) {
    const reference = await referenceOf(specimen, trial, survey);
    if (reference === undefined) return undefined;
    for (const driver of drivers) {
      if (!driver.suits(specimen)) continue;
      const capacity = capacities[trial.script.length % capacities.length] as number;
      const scene = sceneOf(specimen, trial, driver.placing, { capacity });
      const outcome = await driver.run(scene, reference.wanted);
      const found = await departure(scene, reference, outcome);
      if (found !== undefined) return `on ${driver.name}, with edges of ${capacity}, ${found}`;
    }
    return undefined;
  },
};

/** Full outputs, a reader that comes and goes, and changes of mode. */
export const losslessClause: Clause = {
  name: 'lossless',
  title: 'a full output, a detached reader, a change of mode lose nothing',
  remedy: 'Emit only what the call was for; keep what arrives whatever the mode.',
  depth: 'graph',
  trials: (specimen, survey) => uninterrupted(specimen, survey, { isForGraph: true }),
  async judge(specimen, trial, survey) {
    const reference = await referenceOf(specimen, trial, survey);
    if (reference === undefined) return undefined;
    const usable = threadDrivers.filter((driver) => driver.suits(specimen));
    const { placing } = usable[trial.script.length % usable.length] as Driver;
    const scene = sceneOf(specimen, trial, placing, { hasLoose: true });
    const loose = new LooseReaders(scene);
    const outcome = await runScene(scene, async (run) => {
      loose.attach(run);
      return takeAll(run, scene, reference.wanted, disturbance(run, scene));
    });
    const found = (await departure(scene, reference, outcome)) ?? loose.departure(reference, outcome.report);
    return found === undefined
      ? undefined
      : `with full outputs, a reader that comes and goes, and modes, ${found}`;
  },
};

async function referenceOf(
  specimen: Specimen,
  { script, hz }: Trial,
  survey: Survey,
): Promise<Reference | undefined> {
  const played = await play(specimen, script, { hz });
  // Other clauses say what is wrong here; and when posts arrive is no promise.
  if (played.violations.length > 0 || played.hasPosted) return undefined;
  const isSource = survey.handlers.has('onDemand');
  // Posts come from outside, and nothing else would make it do anything.
  if (!isSource && specimen.inputs.size === 0 && hz === undefined) return undefined;
  // When a stage with inputs is called for more depends on the driver.
  if (isSource && (specimen.inputs.size > 0 || hz !== undefined)) return undefined;
  const streams = streamsOf(emissionsOf(played));
  const counts = new Map([...specimen.outputs.keys()].map((port) => [port, streams.get(port)?.length ?? 0]));
  const wanted = isSource && !played.hasEnded ? counts : undefined;
  return { played, streams, wanted, hasTimes: !isSource };
}

async function departure(
  { specimen, options }: Scene,
  { played, streams, wanted, hasTimes }: Reference,
  outcome: Outcome,
): Promise<string | undefined> {
  if (outcome.failure !== undefined) return `the run failed: ${failureText(outcome.failure)}`;
  const found = streamDifference(streams, outcome.streams, { hasTimes });
  const { outside } = specimen.given;
  if (found !== undefined || outside === undefined || wanted !== undefined) return found;
  const effect: unknown = await outside(options.value);
  if (isSame(played.outside, effect)) return undefined;
  return `outside there is ${payloadText(effect)}, not ${payloadText(played.outside)}`;
}

function failureText(failure: unknown): string {
  return failure instanceof Error ? failure.message : payloadText(failure);
}

/**
 * After every sample something else happens, in turns; by then the outputs are full again. Nothing is
 * waited for: what takes effect at the end of a step needs somebody who pulls.
 */
function disturbance(run: Run, { specimen, outputs }: Scene): () => Promise<void> {
  // What a stage holds that is not active when the stream ends is discarded, so it stays active.
  const names = modeNames(specimen).filter((mode) => specimen.isActiveIn(mode));
  const ignored = (): undefined => undefined;
  let changing: Promise<void> | undefined;
  let count = 0;
  return async () => {
    count += 1;
    if (count % 3 === 0) {
      const mode = names[(count / 3) % names.length] as string;
      // A mode that may not follow is refused, and the next one is asked for.
      changing ??= run.modes
        .request(mode)
        .catch(ignored)
        .finally(() => (changing = undefined));
    } else if (count % 3 === 1) {
      for (const port of outputs) {
        run.setBlocking({ output: looseName(port) }, count % 2 === 0).catch(ignored);
      }
    } else {
      for (let turns = 0; turns < 4; turns++) await turn();
    }
  };
}

/** The readers that come and go: what they do not get is counted. */
class LooseReaders {
  readonly #ports: readonly string[];
  readonly #taken = new Map<string, { readonly seq: number; readonly data: unknown }[]>();

  constructor({ outputs }: Scene) {
    this.#ports = outputs;
  }

  attach(run: Run): void {
    for (const port of this.#ports) {
      const taken: { seq: number; data: unknown }[] = [];
      this.#taken.set(port, taken);
      run.onSample(looseName(port), ({ seq, frame, value }) => taken.push({ seq, data: frame ?? value }));
    }
  }

  departure({ streams, wanted }: Reference, report: RunReport | undefined): string | undefined {
    // A run that was cut short says nothing about what was still on its way.
    if (wanted !== undefined || report === undefined) return undefined;
    for (const port of this.#ports) {
      const taken = this.#taken.get(port) ?? [];
      const expected = streams.get(port) ?? [];
      const name = looseName(port);
      const strange = taken.find(({ seq, data }) => !isSame(expected[seq]?.data, data));
      if (strange !== undefined) return `${name} got ${payloadText(strange.data)} as #${strange.seq + 1}`;
      const { nonBlocking = 0, discarded = 0 } =
        report.stats.edges.find(({ to }) => to === `> ${name}`)?.drops ?? {};
      if (taken.length + nonBlocking + discarded === expected.length) continue;
      const counted = nonBlocking + discarded;
      return `${name} got ${taken.length} of ${expected.length}, but ${counted} were counted as lost`;
    }
    return undefined;
  }
}
