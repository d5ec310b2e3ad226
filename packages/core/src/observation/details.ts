import { oldestTime } from '@troupe/mailbox';
import type { Gauges } from '@troupe/mailbox';
import type { SharedRun } from '../drivers/messages.ts';
import { shownEdges } from '../plan/recorders.ts';
import type { Plan } from '../plan/types.ts';
import type { DeadLetter, HandlerFailure, Replacement } from '../run/types.ts';
import type { TelemetryLimits } from '../telemetry/source.ts';
import { describeError } from '../telemetry/value.ts';
import type { DetailWire, FailureWire, LetterWire, QuantilesWire, RestartWire } from '../telemetry/wire.ts';
import { showMessage } from './messages.ts';

/** Of failures, restarts and letters, the newest are told. */
const newestMax = 50;

/** What a run has kept of what went wrong. */
export interface Casebook {
  failures(): readonly HandlerFailure[];
  replacements(): readonly Replacement[];
  deadLetters(): readonly DeadLetter[];
}

export interface DetailParts {
  readonly plan: Plan;
  readonly shared: SharedRun;
  readonly gauges: Gauges;
  readonly casebook: Casebook;
}

/** Everything of one stage that is too much for every stage; `undefined` where there is none. */
export function detailOf(parts: DetailParts, stage: number, limits: TelemetryLimits): DetailWire | undefined {
  const { plan, shared, gauges, casebook } = parts;
  const actor = plan.actors[stage];
  if (actor === undefined) return undefined;
  const { queueWait, onInput, onTick, sourceToHere } = gauges.actor(stage);
  const isItsOwn = ({ stage: name }: { readonly stage: string }): boolean => name === actor.name;
  const inlets = shownEdges(plan).flatMap(({ to, ring, reader }, edge) => {
    if (to.kind !== 'actor' || to.actor !== stage) return [];
    const buffer = ring === undefined ? undefined : shared.rings[ring];
    const isSeen = buffer !== undefined && reader !== undefined;
    return { edge, oldestNs: isSeen ? oldestTime(buffer, reader) : undefined };
  });
  return {
    stage,
    queueWait: queueWait.snapshot(),
    onInput: onInput.snapshot(),
    onTick: onTick.snapshot(),
    sourceToHere: sourceToHere.snapshot(),
    inlets,
    failures: casebook
      .failures()
      .filter(isItsOwn)
      .slice(-newestMax)
      .map((failure) => showFailure(plan, failure, limits)),
    restarts: casebook
      .replacements()
      .filter(({ worker }) => worker === actor.worker)
      .slice(-newestMax)
      .map((replacement) => showRestart(plan, replacement)),
    letters: casebook
      .deadLetters()
      .filter(isItsOwn)
      .slice(-newestMax)
      .map((letter) => showLetter(plan, letter, limits)),
  };
}

/** Quantiles of all stages since the start of the run. */
export function latenciesOf(
  plan: Plan,
  gauges: Gauges,
): { readonly queueWait: readonly QuantilesWire[]; readonly handler: readonly QuantilesWire[] } {
  const all = plan.actors.map(({ index }) => gauges.actor(index));
  return {
    queueWait: all.map(({ queueWait }) => quantiles(queueWait.summary())),
    handler: all.map(({ onInput, onTick }) => {
      const inputs = onInput.summary();
      return quantiles(inputs.count > 0 ? inputs : onTick.summary());
    }),
  };
}

function quantiles({ p50Ns, p99Ns, maxNs }: Record<'p50Ns' | 'p99Ns' | 'maxNs', number>): QuantilesWire {
  return { p50: p50Ns, p99: p99Ns, max: maxNs };
}

/** A failure, as observers see it. */
export function showFailure(plan: Plan, failure: HandlerFailure, limits: TelemetryLimits): FailureWire {
  const { id, stage: name, work, port, atMs, seq, error, action, isGivenUp, omitted } = failure;
  const stage = stageNamed(plan, name);
  const hasMessage = omitted === undefined && (failure.frame !== undefined || failure.value !== undefined);
  return {
    id,
    stage,
    work,
    atMs,
    message: hasMessage || seq >= 0 ? showMessage(plan, stage, port, failure, limits) : undefined,
    error: describeError(error),
    verdict: isGivenUp ? 'given up' : action,
  };
}

/** A worker's replacement, as observers see it. */
export function showRestart(plan: Plan, replacement: Replacement): RestartWire {
  const { worker, reason, error, tookMs, restored, atMs } = replacement;
  return {
    worker,
    stages: restored.map(({ stage }) => stageNamed(plan, stage)),
    atMs,
    reason,
    tookMs,
    error: describeError(error),
  };
}

/** A dead letter, as observers see it. */
export function showLetter(plan: Plan, letter: DeadLetter, limits: TelemetryLimits): LetterWire {
  const { id, stage, port, tries, error } = letter;
  const message = showMessage(plan, stageNamed(plan, stage), port, letter, limits);
  return { id, message, tries, error: describeError(error) };
}

function stageNamed(plan: Plan, name: string): number {
  return plan.actors.find((actor) => actor.name === name)?.index ?? -1;
}
