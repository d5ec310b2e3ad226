import type { ReactElement } from 'react';
import type { Distribution } from '../../model/windows.ts';
import { count, duration } from '../../model/units.ts';
import type { Surface } from './canvas.tsx';
import { Canvas } from './canvas.tsx';

interface HistogramProps {
  readonly name: string;
  readonly distribution: Distribution;
  readonly bucketsNs: Float64Array;
  /** All histograms beside each other share one axis, so that they can be compared: nanoseconds. */
  readonly axis: { readonly fromNs: number; readonly untilNs: number };
}

/** How often each duration was, on a logarithmic axis, with marks at p50, p90 and p99. */
export function Histogram({ name, distribution, bucketsNs, axis }: HistogramProps): ReactElement {
  const { count: all, p50Ns, p90Ns, p99Ns } = distribution;
  const half = `half of them below ${duration(p50Ns)}, 99 % below ${duration(p99Ns)}`;
  const label = `${name}: ${count(all)} durations, ${half}`;
  const draw = (surface: Surface): void => {
    const { context, width, height, ink } = surface;
    const from = Math.log2(axis.fromNs);
    const span = Math.log2(axis.untilNs) - from;
    const toX = (ns: number): number => ((Math.log2(Math.max(axis.fromNs, ns)) - from) / span) * width;
    drawDecades(surface, axis, toX);
    const { buckets } = distribution;
    const most = buckets.reduce((max, some) => Math.max(max, some), 1);
    context.fillStyle = ink('busy');
    for (const [index, some] of buckets.entries()) {
      if (some === 0) continue;
      const x = toX(bucketsNs[index] as number);
      const end = toX(bucketsNs[index + 1] ?? axis.untilNs);
      // A single one must be seen beside a million.
      const tall = Math.max(2, (Math.sqrt(some) / Math.sqrt(most)) * (height - 16));
      context.fillRect(x, height - 12 - tall, Math.max(1, end - x - 0.5), tall);
    }
    context.lineWidth = 1;
    for (const [ns, token] of [
      [p50Ns, 'text'],
      [p90Ns, 'text-soft'],
      [p99Ns, 'failed'],
    ] as const) {
      if (all === 0) continue;
      context.strokeStyle = ink(token);
      context.beginPath();
      context.moveTo(Math.round(toX(ns)) + 0.5, 0);
      context.lineTo(Math.round(toX(ns)) + 0.5, height - 12);
      context.stroke();
    }
  };
  return <Canvas className="histogram" label={label} draw={draw} />;
}

function drawDecades(
  { context, width, height, ink }: Surface,
  { fromNs, untilNs }: HistogramProps['axis'],
  toX: (ns: number) => number,
): void {
  context.strokeStyle = ink('line');
  context.fillStyle = ink('text-faint');
  context.textBaseline = 'bottom';
  context.lineWidth = 1;
  context.strokeRect(0.5, height - 11.5, width - 1, 0.5);
  const decades = Math.log10(untilNs / fromNs);
  // As many words as there is room for.
  const every = Math.max(1, Math.ceil((decades * 48) / width));
  let index = 0;
  for (let ns = 10 ** Math.ceil(Math.log10(fromNs)); ns < untilNs; ns *= 10) {
    const x = Math.round(toX(ns)) + 0.5;
    context.fillRect(x - 0.5, height - 12, 1, 3);
    if (index % every === 0) {
      context.textAlign = x < 16 ? 'left' : x > width - 20 ? 'right' : 'center';
      context.fillText(duration(ns), x, height + 1);
    }
    index += 1;
  }
}

/** An axis that holds every duration of some distributions, in whole decades, at least two. */
export function axisOf(
  distributions: readonly Distribution[],
  bucketsNs: Float64Array,
): HistogramProps['axis'] {
  let low = Number.POSITIVE_INFINITY;
  let high = 0;
  for (const { buckets, count: all } of distributions) {
    if (all === 0) continue;
    low = Math.min(low, bucketsNs[buckets.findIndex((some) => some > 0)] as number);
    high = Math.max(high, bucketsNs[buckets.findLastIndex((some) => some > 0) + 1] ?? 2 ** 41);
  }
  if (high === 0) return { fromNs: 1e3, untilNs: 1e7 };
  const fromNs = 10 ** Math.floor(Math.log10(Math.max(10, low)));
  const untilNs = 10 ** Math.ceil(Math.log10(Math.max(fromNs * 100, high)));
  return { fromNs, untilNs };
}
