import type { Arbitrary } from 'fast-check';
import type { Port } from '../../ports.ts';
import { TestingError } from '../errors.ts';
import { fastCheckFor } from '../arbitraries/fast-check.ts';
import { frames } from '../arbitraries/frames.ts';
import { messages } from '../arbitraries/messages.ts';
import { Incarnation } from './incarnation.ts';
import { allHandlers } from './specimen.ts';
import type { HandlerName, Specimen } from './specimen.ts';
import type { Handover, Interruption, Script, Step } from './script.ts';
import { Surroundings } from './surroundings.ts';

/** One case of a property. */
export interface Trial {
  readonly script: Script;
  readonly interruptions: readonly Interruption[];
  /** Ticks per second. */
  readonly hz: number | undefined;
}

/** What a stage can be tried with, seen from its handlers. */
export interface Survey {
  readonly handlers: ReadonlySet<HandlerName>;
  readonly hz: number | undefined;
}

const hzDefault = 100;
const stepsMaxDefault = 24;
const modesDefault = ['idle', 'recording', 'training', 'predicting'];

/** Which handlers a stage has. Creates an instance, and stops it. */
export async function surveyOf(specimen: Specimen): Promise<Survey> {
  const { stage, given } = specimen;
  const surroundings = new Surroundings(stage, specimen.mode);
  const { handlers } = new Incarnation(specimen, surroundings, specimen.options(), 0, () => undefined);
  const found = new Set(allHandlers.filter((name) => handlers[name] !== undefined));
  await handlers.onStart?.();
  await handlers.onStop?.();
  const isTicking = found.has('onTick') && given.ticks !== false;
  const ticks = given.ticks === false ? undefined : given.ticks;
  return { handlers: found, hz: isTicking ? (ticks?.hz ?? hzDefault) : undefined };
}

/** Which scripts a property needs. */
interface ScriptOptions {
  /** A script as a graph can play it: without posts, and where the stage ticks with a tick at the end. */
  readonly isForGraph?: boolean;
}

/** Whatever may happen to a stage. */
export function scripts(specimen: Specimen, survey: Survey, options: ScriptOptions = {}): Arbitrary<Script> {
  const { isForGraph = false } = options;
  const fc = fastCheckFor('stageContract()');
  const kinds: Arbitrary<Step>[] = [...specimen.inputs].map(([port, declared]) =>
    payloads(specimen, port, declared).map((data) => ({ kind: 'input', port, data })),
  );
  if (survey.hz !== undefined) kinds.push(fc.constant({ kind: 'tick' }));
  if (survey.handlers.has('onDemand')) kinds.push(fc.constant({ kind: 'demand' }));
  const { posts, stepsMax: maxLength = stepsMaxDefault } = specimen.given;
  if (posts !== undefined && !isForGraph) kinds.push(posts.map((value) => ({ kind: 'post', value })));
  if (kinds.length === 0) return fc.constant([]);
  const script = fc.array(fc.oneof(...kinds), { maxLength, size: 'max' });
  return isForGraph && survey.hz !== undefined ? script.map((steps) => [...steps, { kind: 'tick' }]) : script;
}

/** What arrives at an input. Throws `TestingError` where it is not given and cannot be derived. */
function payloads(specimen: Specimen, name: string, port: Port): Arbitrary<unknown> {
  const given = specimen.given.inputs?.[name];
  try {
    if (given === undefined) return port.kind === 'frame' ? frames(port) : messages(port);
    return typeof given === 'function' ? given(port) : given;
  } catch (error) {
    if (!(error instanceof TestingError)) throw error;
    const message = `input '${name}' of stage '${specimen.stage.name}': ${error.message}`;
    throw new TestingError('NO_ARBITRARY', message, error.remedy);
  }
}

/** Scripts, and what comes between their steps. */
export function interrupted(
  specimen: Specimen,
  survey: Survey,
  interruption: Arbitrary<Omit<Interruption, 'at'>>,
  count: { readonly min: number; readonly max: number },
): Arbitrary<Trial> {
  const fc = fastCheckFor('stageContract()');
  const { stepsMax = stepsMaxDefault } = specimen.given;
  const places = fc.array(fc.tuple(fc.nat(stepsMax), interruption), {
    minLength: count.min,
    maxLength: count.max,
    size: 'max',
  });
  return fc.tuple(scripts(specimen, survey), places).map(([script, placed]) => ({
    script,
    hz: survey.hz,
    interruptions: placed.map(([at, what]) => ({ ...what, at: at % (script.length + 1) }) as Interruption),
  }));
}

/** Scripts that nothing interrupts. */
export function uninterrupted(specimen: Specimen, survey: Survey, options?: ScriptOptions): Arbitrary<Trial> {
  return scripts(specimen, survey, options).map((script) => ({ script, hz: survey.hz, interruptions: [] }));
}

export function turns(): Arbitrary<Omit<Interruption, 'at'>> {
  return fastCheckFor('stageContract()').constant({ kind: 'turn' as const });
}

/** Time that passes, and the event loop with it. */
export function pauses(): Arbitrary<Omit<Interruption, 'at'>> {
  const fc = fastCheckFor('stageContract()');
  return fc.oneof(
    turns(),
    fc.integer({ min: 1, max: 3_600_000 }).map((ms) => ({ kind: 'pause' as const, ms })),
  );
}

export function modeNames({ given }: Specimen): readonly string[] {
  return given.modes ?? modesDefault;
}

export function modeChanges(specimen: Specimen): Arbitrary<Omit<Interruption, 'at'>> {
  const fc = fastCheckFor('stageContract()');
  return fc.constantFrom(...modeNames(specimen)).map((mode) => ({ kind: 'mode' as const, mode }));
}

/** A stage that is not active in a mode is in one where it is before anything else happens to it. */
export function leavingInactive(specimen: Specimen, { interruptions, ...trial }: Trial): Trial {
  const back = interruptions.flatMap((one): Interruption[] => {
    if (one.kind !== 'mode' || specimen.isActiveIn(one.mode)) return [one];
    return [one, { kind: 'mode', mode: specimen.mode, at: one.at }];
  });
  return { ...trial, interruptions: back };
}

export function handovers(): Arbitrary<Omit<Interruption, 'at'>> {
  const fc = fastCheckFor('stageContract()');
  return fc
    .constantFrom<Handover>('look', 'death', 'restart')
    .map((how) => ({ kind: 'handover' as const, how }));
}
