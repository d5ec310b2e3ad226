import type { DebugWire, GraphWire } from '@troupe/core/telemetry';
import type { Figures, Snapshot } from './figures.ts';
import { duty, type Finding, type Round } from './lint-rules.ts';

/** How long something must be so before it is said, and not be so before it is no longer said. */
const raisedAfterMs = 3_000;
const withdrawnAfterMs = 4_000;
/** Between two looks. Shorter, and a figure that comes in bursts would look like one that stops. */
const everyMs = 1_000;

/** Something about the graph that is probably not meant, in words. */
export interface Lint {
  readonly key: string;
  readonly rule: string;
  readonly stage: number | undefined;
  readonly edge: number | undefined;
  /** Milliseconds since the run's epoch. */
  readonly sinceMs: number;
  /** What is so, with figures; since when; what to do. */
  readonly what: string;
  readonly remedy: string;
}

interface Case {
  readonly finding: Finding;
  readonly sinceMs: number;
  readonly seenMs: number;
  readonly isRaised: boolean;
}

export interface Lints {
  /** Oldest first. */
  readonly raised: readonly Lint[];
  readonly cases: ReadonlyMap<string, Case>;
  readonly looked: Snapshot | undefined;
  readonly lookedMode: string;
}

export const noLints: Lints = { raised: [], cases: new Map(), looked: undefined, lookedMode: '' };

/** The lints after new figures. Mostly the same object: they are looked at once a second. */
export function withFigures(lints: Lints, graph: GraphWire, figures: Figures, debug: DebugWire): Lints {
  const { now, mode } = figures;
  const { looked } = lints;
  if (looked !== undefined && now.elapsedMs < looked.elapsedMs) return { ...noLints, looked: now };
  if (looked === undefined) return { ...lints, looked: now, lookedMode: mode };
  if (now.elapsedMs - looked.elapsedMs < everyMs) return lints;
  // In the second of a change of mode half of the graph was something else.
  if (mode !== lints.lookedMode || debug.held.length > 0) return { ...lints, looked: now, lookedMode: mode };
  const findings = new Map(duty({ graph, before: looked, now, mode }).map((it) => [it.key, it]));
  const cases = casesOf(lints.cases, findings, { before: looked, now });
  const raised = [...cases.values()].filter(({ isRaised }) => isRaised).map(lintOf);
  return { raised, cases, looked: now, lookedMode: mode };
}

function casesOf(
  old: ReadonlyMap<string, Case>,
  findings: ReadonlyMap<string, Finding>,
  { before, now }: Pick<Round, 'before' | 'now'>,
): ReadonlyMap<string, Case> {
  const cases = new Map<string, Case>();
  const nowMs = now.elapsedMs;
  for (const [key, known] of old) {
    const finding = findings.get(key);
    if (finding !== undefined) {
      const isRaised = known.isRaised || nowMs - known.sinceMs >= (finding.afterMs ?? raisedAfterMs);
      cases.set(key, { ...known, finding, seenMs: nowMs, isRaised });
    } else if (known.isRaised && nowMs - known.seenMs < withdrawnAfterMs) cases.set(key, known);
  }
  for (const [key, finding] of findings) {
    if (old.has(key)) continue;
    // What was found is so since the look before.
    cases.set(key, { finding, sinceMs: before.elapsedMs, seenMs: nowMs, isRaised: false });
  }
  return cases;
}

function lintOf({ finding, sinceMs }: Case): Lint {
  const { key, rule, stage, edge, what, remedy } = finding;
  return { key, rule, stage, edge, sinceMs, what, remedy };
}
