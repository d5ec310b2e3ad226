import { isSame, payloadText } from '../equality.ts';
import type { Tolerance } from '../equality.ts';

/** What a stage has emitted: an owned copy. */
export interface Emission {
  readonly port: string;
  readonly data: unknown;
  readonly time: number;
}

/** A clause of the contract. */
export type ClauseName =
  | 'serial'
  | 'fits'
  | 'bounded'
  | 'committed'
  | 'silent'
  | 'buffers'
  | 'accepts'
  | 'repeatable'
  | 'batches'
  | 'snapshot'
  | 'room'
  | 'modes'
  | 'options'
  | 'growth'
  | 'drivers'
  | 'lossless'
  | 'latency'
  | 'model'
  | 'invariant';

/** A clause that was broken, and how. `step` counts from 1; 0 is before the first. */
export interface Violation {
  readonly clause: ClauseName;
  readonly step: number;
  readonly text: string;
}

/** What one handler call has led to. */
export interface Call {
  readonly kind: 'input' | 'tick' | 'demand' | 'post';
  /** The input port. */
  readonly port: string | undefined;
  /** The input, or the posted value. */
  readonly data: unknown;
  readonly time: number;
  readonly emissions: readonly Emission[];
}

/** All that came of a script. */
export interface Played {
  /** As the schema gave them. */
  readonly options: unknown;
  readonly calls: readonly Call[];
  readonly violations: readonly Violation[];
  /** A source said that there is nothing more to come. */
  readonly hasEnded: boolean;
  /** The stage has posted to itself: when that arrives depends on the driver. */
  readonly hasPosted: boolean;
  /** What `outside` says about it. */
  readonly outside: unknown;
}

/** Emissions by port, in order. */
export type Streams = ReadonlyMap<string, readonly Emission[]>;

export function streamsOf(emissions: Iterable<Emission>): Streams {
  const streams = new Map<string, Emission[]>();
  for (const emission of emissions) {
    const stream = streams.get(emission.port);
    if (stream === undefined) streams.set(emission.port, [emission]);
    else stream.push(emission);
  }
  return streams;
}

export function emissionsOf({ calls }: Pick<Played, 'calls'>): readonly Emission[] {
  return calls.flatMap(({ emissions }) => emissions);
}

/** How two plays differ, as a line; `undefined` when they do not. */
export function difference(
  expected: Played,
  actual: Played,
  options?: { readonly hasTimes: boolean },
): string | undefined {
  const differing = streamDifference(
    streamsOf(emissionsOf(expected)),
    streamsOf(emissionsOf(actual)),
    options,
  );
  if (differing !== undefined) return differing;
  if (isSame(expected.outside, actual.outside)) return undefined;
  return `outside there is ${payloadText(actual.outside)}, not ${payloadText(expected.outside)}`;
}

/** How two sets of streams differ, as a line; `undefined` when they do not. */
export function streamDifference(
  expected: Streams,
  actual: Streams,
  { hasTimes = true, tolerance }: { readonly hasTimes?: boolean; readonly tolerance?: Tolerance } = {},
): string | undefined {
  for (const port of new Set([...expected.keys(), ...actual.keys()])) {
    const [one, other] = [expected.get(port) ?? [], actual.get(port) ?? []];
    for (let i = 0; i < Math.max(one.length, other.length); i++) {
      const [a, b] = [one[i], other[i]];
      const isTimely = !hasTimes || a?.time === b?.time;
      if (a !== undefined && b !== undefined && isTimely && isSame(a.data, b.data, tolerance)) continue;
      return `${port} #${i + 1} is ${emissionText(b, hasTimes)}, not ${emissionText(a, hasTimes)}`;
    }
  }
  return undefined;
}

function emissionText(emission: Emission | undefined, hasTimes: boolean): string {
  if (emission === undefined) return 'missing';
  return `${payloadText(emission.data)}${hasTimes ? ` at ${emission.time} ns` : ''}`;
}
