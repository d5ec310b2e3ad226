import type { ReactElement } from 'react';
import { useMemo, useState } from 'react';
import type { Trend } from '../../../model/trends.ts';
import { trendOf } from '../../../model/trends.ts';
import { clockTime, digits, milliseconds } from '../../../model/units.ts';
import { useModel } from '../../page.tsx';
import type { TrendLine } from '../../parts/trend-chart.tsx';
import { TrendChart } from '../../parts/trend-chart.tsx';

/** What a stage did over the last minutes, since the page has been looking. */
export function Trends({ stage }: { readonly stage: number }): ReactElement {
  const trends = useModel((model) => model.trends);
  const trend = useMemo(() => trendOf(trends, stage), [trends, stage]);
  const [pointedS, setPointed] = useState<number | undefined>(undefined);
  const { times } = trend;
  const last = times.length - 1;
  const found = pointedS === undefined ? -1 : times.indexOf(pointedS);
  const at = found === -1 ? last : found;
  const point = (index: number | undefined): void =>
    setPointed(index === undefined ? undefined : times[index]);
  const spanMs = ((times[last] ?? 0) - (times[0] ?? 0)) * 1_000;
  return (
    <section aria-label="Trends">
      <div className="section-head">
        <h3>Trends</h3>
        <span className="quiet">
          {times.length < 2
            ? ''
            : found === -1
              ? `the last ${milliseconds(Math.round(spanMs))}`
              : `at ${clockTime((times[found] ?? 0) * 1_000)}`}
        </span>
      </div>
      {times.length < 2 ? (
        <p className="quiet">Trends begin when the page is opened: a point each second.</p>
      ) : (
        charts.map((chart) => <Chart key={chart.name} chart={chart} trend={trend} at={at} onPoint={point} />)
      )}
    </section>
  );
}

interface ChartFace {
  readonly name: string;
  readonly unit: string;
  readonly top?: number;
  readonly lines: readonly (Omit<TrendLine, 'values'> & {
    readonly of: Exclude<keyof Trend, 'times'>;
    /** Where a chart has several. */
    readonly name?: string;
  })[];
}

const charts: readonly ChartFace[] = [
  { name: 'Handled', unit: '/s', lines: [{ of: 'rate', ink: 'busy' }] },
  {
    name: 'Its time',
    unit: '%',
    top: 100,
    lines: [
      { of: 'busy', name: 'busy', ink: 'busy' },
      { of: 'blocked', name: 'blocked', ink: 'blocked', isDashed: true },
    ],
  },
  { name: 'Waiting', unit: 'messages', lines: [{ of: 'depth', ink: 'text-soft' }] },
];

interface ChartProps {
  readonly chart: ChartFace;
  readonly trend: Trend;
  /** The point whose values stand beside it. */
  readonly at: number;
  readonly onPoint: (index: number | undefined) => void;
}

function Chart({ chart: { name, unit, top, lines }, trend, at, onPoint }: ChartProps): ReactElement {
  const drawn = lines.map(({ of, ink, isDashed = false }) => ({ values: trend[of], ink, isDashed }));
  const said = lines.map(({ of, name: line }) => {
    const values = trend[of];
    const range = `between ${digits(Math.min(...values))} and ${digits(Math.max(...values))} ${unit}`;
    return `${line === undefined ? '' : `${line} `}${digits(values.at(-1) ?? 0)} ${unit} now, ${range}`;
  });
  return (
    <div className="trend">
      <h4>{name}</h4>
      <p className="trend-values">
        {lines.map(({ of, name: line, isDashed = false }) => (
          <span key={of}>
            {line === undefined ? undefined : (
              <>
                <span className={`trend-key trend-key-${of}`} data-dashed={isDashed || undefined} />{' '}
                {line}{' '}
              </>
            )}
            {digits(trend[of][at] ?? 0)} <span className="unit">{unit}</span>
          </span>
        ))}
      </p>
      <TrendChart
        label={`${name}: ${said.join('; ')}`}
        times={trend.times}
        lines={drawn}
        {...(top === undefined ? {} : { top })}
        onPoint={onPoint}
      />
    </div>
  );
}
