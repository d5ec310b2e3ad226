import type { StageColumn, StageWire } from '@troupe/core/telemetry';
import type { ReactElement, ReactNode } from 'react';

import type { Figures } from '../../../model/figures.ts';
import { stageFigure, windowStart } from '../../../model/figures.ts';
import { isSameUse, threadUseOf } from '../../../model/thread-use.ts';
import { topologyOf, workerName } from '../../../model/topology.ts';
import { count, digits, percent } from '../../../model/units.ts';
import { useModel } from '../../page.tsx';

/** What a stage is, where it runs, what it depends on, and what it has done. */
export function Facts({ stage }: { readonly stage: StageWire }): ReactElement {
  const { index, activeIn, whileInactive, control, module } = stage;
  const figures = useModel((model) => model.figures);
  const rates = figures && ratesOf(figures, stage);
  return (
    <section aria-label="Facts">
      <dl className="facts">
        <Fact name="Stage">
          {stage.stage}
          {module === undefined ? ', on the main thread only' : ''}
        </Fact>
        <Thread stage={stage} />
        <Fact name="Busy">{rates === undefined ? '–' : `${percent(rates.busy)} of its time`}</Fact>
        <Fact name="Blocked">{rates === undefined ? '–' : `${percent(rates.blocked)} of its time`}</Fact>
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

/** The thread that it runs on: whom it shares it with, what that uses, and what of it is the stage's. */
function Thread({ stage }: { readonly stage: StageWire }): ReactElement {
  const name = useModel(({ graph }) => (graph === undefined ? '' : workerName(graph, stage.worker)));
  const use = useModel((model) => threadUseOf(model, stage), isSameUse);
  const { others, cpu, ownMs, allMs, loopDelay } = use;
  const company = companyOf(stage, others);
  return (
    <>
      <Fact name="Runs on">
        {name}, {company.text}
      </Fact>
      <Fact name="CPU">{cpu === undefined ? '–' : `${percent(cpu)} of a core${company.ofCpu}`}</Fact>
      <Fact name="Handlers">
        {digits(ownMs)} ms a second{others === 0 ? '' : `, of ${digits(allMs)} ms of all its stages`}
      </Fact>
      {loopDelay === undefined ? undefined : (
        <Fact name="Loop delay">
          p50 {digits(loopDelay.p50Ms)} ms, p99 {digits(loopDelay.p99Ms)} ms
        </Fact>
      )}
    </>
  );
}

/** In words: whom a stage shares its thread with, and whose the CPU of the thread is. */
function companyOf({ worker }: StageWire, others: number): { readonly text: string; readonly ofCpu: string } {
  const text = others === 0 ? 'alone' : `shared with ${others} ${others === 1 ? 'stage' : 'stages'}`;
  if (worker === 0) return { text, ofCpu: ', with the application' };
  return { text, ofCpu: others === 0 ? '' : `, all ${others + 1} stages` };
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
  readonly handled: number;
  readonly total: number;
}

/** Over the window of the figures. */
function ratesOf(figures: Figures, { index }: StageWire): Rates {
  const start = windowStart(figures);
  const { now } = figures;
  const spanMs = now.elapsedMs - start.elapsedMs;
  const share = (ns: number): number => (spanMs > 0 ? Math.max(0, Math.min(1, ns / 1e6 / spanMs)) : 0);
  const grown = (column: StageColumn): number =>
    stageFigure(now, index, column) - stageFigure(start, index, column);
  return {
    busy: share(grown('busyNs')),
    blocked: share(grown('blockedNs')),
    handled: spanMs > 0 ? (grown('handled') / spanMs) * 1_000 : 0,
    total: stageFigure(now, index, 'handled'),
  };
}
