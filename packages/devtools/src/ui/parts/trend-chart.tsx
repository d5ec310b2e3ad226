import type { ReactElement } from 'react';
import { useEffect, useRef } from 'react';
import type UPlot from 'uplot';
import 'uplot/dist/uPlot.min.css';
import { digits } from '../../model/units.ts';
import { inksOf } from './inks.ts';
import { loadUPlot } from './uplot.ts';

/** One line of a chart. */
export interface TrendLine {
  readonly values: readonly number[];
  /** A colour of the token sheet. */
  readonly ink: string;
  /** So that it is not told by its colour alone. */
  readonly isDashed?: boolean;
}

interface TrendChartProps {
  /** What is to be seen, for who does not see it. */
  readonly label: string;
  /** Seconds since the run's epoch. */
  readonly times: readonly number[];
  readonly lines: readonly TrendLine[];
  /** The top of the axis where the values do not tell it. */
  readonly top?: number;
  /** The index that a pointer points at; `undefined` once it has left. Charts beside each other share it. */
  readonly onPoint: (index: number | undefined) => void;
}

const height = 56;
const axisWidth = 40;
/** The pointer of one chart shows in all of them. */
const syncKey = 'trends';

/** Lines over the last minutes. They come as data, so that the chart is made once. */
export function TrendChart(props: TrendChartProps): ReactElement {
  const { label, times, lines, top, onPoint } = props;
  const element = useRef<HTMLDivElement>(null);
  const chart = useRef<UPlot | undefined>(undefined);
  const latest = useRef({ data: dataOf(times, lines), onPoint });
  useEffect(() => {
    latest.current = { data: dataOf(times, lines), onPoint };
    chart.current?.setData(latest.current.data);
  });
  const style = JSON.stringify(lines.map(({ ink, isDashed }) => [ink, isDashed]));
  useEffect(() => {
    const target = element.current;
    if (target === null) return undefined;
    const scheme = matchMedia('(prefers-color-scheme: dark)');
    const fit = (): void => chart.current?.setSize({ width: widthOf(target), height });
    const redraw = (): void => chart.current?.redraw(false, true);
    const sizes = new ResizeObserver(fit);
    let isWanted = true;
    void loadUPlot().then((uPlot) => {
      if (!isWanted) return;
      const point = (index: number | undefined): void => latest.current.onPoint(index);
      const options = optionsOf(uPlot, target, lines, top, point);
      chart.current = new uPlot(options, latest.current.data, target);
      sizes.observe(target);
      scheme.addEventListener('change', redraw);
    });
    return () => {
      isWanted = false;
      sizes.disconnect();
      scheme.removeEventListener('change', redraw);
      chart.current?.destroy();
      chart.current = undefined;
    };
  }, [style, top]);
  return <div ref={element} className="trend-chart" role="img" aria-label={label} />;
}

function dataOf(times: readonly number[], lines: readonly TrendLine[]): UPlot.AlignedData {
  return [[...times], ...lines.map(({ values }) => [...values])];
}

function widthOf(target: HTMLElement): number {
  return Math.max(80, target.clientWidth);
}

function optionsOf(
  uPlot: typeof UPlot,
  target: HTMLElement,
  lines: readonly TrendLine[],
  top: number | undefined,
  point: (index: number | undefined) => void,
): UPlot.Options {
  const ink = (token: string) => (): string => inksOf(target)(token);
  // A rate is that of the time before its point: a step that ends there.
  const stepped = uPlot.paths.stepped?.({ align: -1 });
  return {
    width: widthOf(target),
    height,
    legend: { show: false },
    padding: [6, 0, 6, 0],
    cursor: { y: false, drag: { x: false }, sync: { key: syncKey }, points: { show: false } },
    scales: { x: { time: false }, y: { range: (_chart, _low, high) => [0, top ?? Math.max(1, high)] } },
    axes: [
      { show: false },
      {
        stroke: ink('text-faint'),
        font: `11px ${getComputedStyle(target).fontFamily}`,
        size: axisWidth,
        gap: 4,
        grid: { stroke: ink('line'), width: 1 },
        ticks: { show: false },
        splits: (_chart, _axis, low, high) => [low, high],
        values: (_chart, splits) => splits.map((value) => digits(value)),
      },
    ],
    series: [
      {},
      ...lines.map(({ ink: token, isDashed = false }): UPlot.Series => {
        const dash = isDashed ? { dash: [4, 3] } : {};
        return {
          stroke: ink(token),
          width: 1.5,
          points: { show: false },
          ...dash,
          ...(stepped === undefined ? {} : { paths: stepped }),
        };
      }),
    ],
    hooks: { setCursor: [({ cursor }) => point(cursor.idx ?? undefined)] },
  };
}
