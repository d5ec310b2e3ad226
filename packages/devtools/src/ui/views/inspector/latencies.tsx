import type { ReactElement } from 'react';
import { useState } from 'react';
import { count, milliseconds } from '../../../model/units.ts';
import type { Distribution, LatencyKind, WindowName } from '../../../model/windows.ts';
import { latencyKinds, windowOf, windowsMs } from '../../../model/windows.ts';
import { useModel } from '../../page.tsx';
import { axisOf, Histogram } from '../../parts/histogram.tsx';
import { Duration } from '../../parts/quantity.tsx';

const names: Readonly<Record<LatencyKind, string>> = {
  queueWait: 'Wait in the queue',
  onInput: 'onInput',
  onTick: 'onTick',
  sourceToHere: 'From source to here',
};

/** How long inputs waited and handlers took, over a moving window. */
export function Latencies({ stage }: { readonly stage: number }): ReactElement {
  const [name, setName] = useState<WindowName>('30 s');
  const latencies = useModel(({ watched }) => watched.details.get(stage)?.latencies);
  const bucketsNs = useModel(({ graph }) => graph?.bucketsNs);
  const shown = latencyKinds.map((kind): readonly [LatencyKind, Distribution | undefined] => [
    kind,
    latencies && bucketsNs && windowOf(latencies, kind, windowsMs[name], bucketsNs),
  ]);
  const some = shown.flatMap(([, distribution]) => distribution ?? []);
  const spanMs = some[0]?.spanMs;
  const axis = axisOf(some, bucketsNs ?? new Float64Array());
  return (
    <section aria-label="Latencies">
      <div className="section-head">
        <h3>Latencies</h3>
        <span className="quiet">
          {spanMs === undefined ? '' : `over ${milliseconds(Math.round(spanMs))}`}
        </span>
        <div className="choices" role="group" aria-label="Window">
          {(Object.keys(windowsMs) as WindowName[]).map((each) => (
            <button key={each} type="button" aria-pressed={each === name} onClick={() => setName(each)}>
              {each}
            </button>
          ))}
        </div>
      </div>
      {shown.map(([kind, distribution]) => (
        <div key={kind} className="latency">
          <h4>
            {names[kind]} <span className="quiet">{distribution ? count(distribution.count) : '–'}</span>
          </h4>
          {distribution === undefined || bucketsNs === undefined || distribution.count === 0 ? (
            <p className="quiet">Nothing was measured in this window.</p>
          ) : (
            <>
              <Quantiles distribution={distribution} />
              <Histogram name={names[kind]} distribution={distribution} bucketsNs={bucketsNs} axis={axis} />
            </>
          )}
        </div>
      ))}
    </section>
  );
}

function Quantiles({ distribution }: { readonly distribution: Distribution }): ReactElement {
  const { p50Ns, p90Ns, p99Ns, maxNs, isMaxExact } = distribution;
  return (
    <dl className="quantiles">
      {(
        [
          ['p50', p50Ns],
          ['p90', p90Ns],
          ['p99', p99Ns],
          [isMaxExact ? 'max' : 'max ≤', maxNs],
        ] as const
      ).map(([name, ns]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>
            <Duration ns={ns} />
          </dd>
        </div>
      ))}
    </dl>
  );
}
