import type { GraphWire, StageColumn, StageWire } from '@troupe/core/telemetry';
import type { ReactElement, ReactNode } from 'react';
import type { Figures } from '../../../model/figures.ts';
import { stageFigure, windowStart } from '../../../model/figures.ts';
import { topologyOf, workerName } from '../../../model/topology.ts';
import { count, digits, percent } from '../../../model/units.ts';
import { useModel } from '../../page.tsx';

/** What a stage is, where it runs, what it depends on, and what it has done. */
export function Facts({ stage }: { readonly stage: StageWire }): ReactElement {
  const { index, worker, activeIn, whileInactive, control, module } = stage;
  const figures = useModel((model) => model.figures);
  const graph = useModel((model) => model.graph);
  const others = graph?.stages.filter((it) => it.worker === worker && it.index !== index).length ?? 0;
  const rates = figures && graph && ratesOf(figures, graph, stage);
  const company =
    others === 0 ? 'alone' : others === 1 ? 'with one other stage' : `with ${others} other stages`;
  return (
    <section aria-label="Facts">
      <dl className="facts">
        <Fact name="Stage">
          {stage.stage}
          {module === undefined ? ', on the main thread only' : ''}
        </Fact>
        <Fact name="Runs on">
          {graph === undefined ? '' : workerName(graph, worker)}, {company}
        </Fact>
        <Fact name="Busy">{rates === undefined ? '–' : `${percent(rates.busy)} of its time`}</Fact>
        <Fact name="Blocked">{rates === undefined ? '–' : `${percent(rates.blocked)} of its time`}</Fact>
        <Fact name="Its thread">
          {rates === undefined ? '–' : `handles for ${percent(rates.worker)} of the time`}
        </Fact>
        <Fact name="Handled">
          {rates === undefined ? '–' : `${digits(rates.handled)} a second, ${count(rates.total)} in all`}
        </Fact>
        <Fact name="Modes">
          {activeIn === undefined ? 'all' : `${activeIn.join(', ')}; else ${inactive[whileInactive]}`}
        </Fact>
        {control === undefined ? undefined : (
          <Fact name="Runs by">
            event {control.event}, {control.form}
          </Fact>
        )}
        <List name="Events" items={stage.events} />
        <List name="Resources" items={stage.resources} />
        <List name="Latches" items={stage.latches} />
        <List name="Tags" items={stage.tags} />
        <Fact name="On failure">{stage.supervision}</Fact>
      </dl>
      <Neighbours stage={index} />
    </section>
  );
}

const inactive = {
  drop: 'its input is dropped',
  hold: 'its input waits',
  latest: 'its newest input waits',
} as const;

function Fact({ name, children }: { readonly name: string; readonly children: ReactNode }): ReactElement {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  );
}

function List(props: { readonly name: string; readonly items: readonly string[] }): ReactElement | undefined {
  return props.items.length === 0 ? undefined : <Fact name={props.name}>{props.items.join(', ')}</Fact>;
}

function Neighbours({ stage }: { readonly stage: number }): ReactElement | undefined {
  const progress = useModel(({ figures }) => {
    if (figures === undefined) return '';
    const done = stageFigure(figures.now, stage, 'progressDone');
    const total = stageFigure(figures.now, stage, 'progressTotal');
    if (done === 0 && total === 0) return '';
    return total === 0 ? `${count(done)} done` : `${count(done)} of ${count(total)} done`;
  });
  const isEnd = useModel(({ graph }) => graph && topologyOf(graph).outgoing[stage]?.length === 0);
  const text = [progress, isEnd === true ? 'Nothing leads on from here.' : ''].filter((it) => it !== '');
  return text.length === 0 ? undefined : <p className="quiet">{text.join('. ')}</p>;
}

interface Rates {
  readonly busy: number;
  readonly blocked: number;
  readonly worker: number;
  readonly handled: number;
  readonly total: number;
}

/** Over the window of the figures. */
function ratesOf(figures: Figures, { stages }: GraphWire, { index, worker }: StageWire): Rates {
  const start = windowStart(figures);
  const { now } = figures;
  const spanMs = now.elapsedMs - start.elapsedMs;
  const share = (ns: number): number => (spanMs > 0 ? Math.max(0, Math.min(1, ns / 1e6 / spanMs)) : 0);
  const grown = (column: StageColumn, of = index): number =>
    stageFigure(now, of, column) - stageFigure(start, of, column);
  const company = stages.filter((it) => it.worker === worker);
  return {
    busy: share(grown('busyNs')),
    blocked: share(grown('blockedNs')),
    worker: share(company.reduce((sum, it) => sum + grown('busyNs', it.index), 0)),
    handled: spanMs > 0 ? (grown('handled') / spanMs) * 1_000 : 0,
    total: stageFigure(now, index, 'handled'),
  };
}
