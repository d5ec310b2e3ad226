import type { EdgeWire, GraphWire, TappedWire } from '@troupe/core/telemetry';
import type { ReactElement } from 'react';
import { useState } from 'react';
import { aboutLatency } from '../../../model/latency.ts';
import type { Trail, TrailBar } from '../../../model/trail.ts';
import { trailOf, waitOf, wayThrough } from '../../../model/trail.ts';
import { clockTime, count, milliseconds } from '../../../model/units.ts';
import { useModel, usePage, useUrl } from '../../page.tsx';
import { Payload } from '../../parts/payload.tsx';
import { sayError } from '../../parts/use-command.ts';

interface MessageSheetProps {
  readonly edge: EdgeWire;
  readonly message: TappedWire;
  readonly clock: GraphWire['clock'];
  /** Whether paths are traced. */
  readonly follows: boolean;
}

/** One message: what it carries, where it comes from, and its way through the graph. */
export function MessageSheet({ edge, message, clock, follows }: MessageSheetProps): ReactElement {
  const { seq, timeNs, payload, redelivered, resent } = message;
  const latency = aboutLatency(clock, message);
  return (
    <article className="message-sheet" aria-label={`Message ${seq}`}>
      <dl className="facts across">
        <div>
          <dt>Seq</dt>
          <dd>{count(seq)}</dd>
        </div>
        <div>
          <dt>Time</dt>
          <dd title={`${timeNs} ns`}>{clockTime(timeNs / 1e6)}</dd>
        </div>
        <div>
          <dt>Latency so far</dt>
          <dd title={latency.meaning}>{latency.text}</dd>
        </div>
        <div>
          <dt>Delivery</dt>
          <dd>{resent ? 'sent again by hand' : redelivered ? 'may have been seen before' : 'once'}</dd>
        </div>
      </dl>
      <Payload payload={payload} name="value" />
      <PathOf key={`${seq} ${timeNs}`} edge={edge} timeNs={timeNs} follows={follows} />
    </article>
  );
}

interface PathOfProps {
  readonly edge: EdgeWire;
  readonly timeNs: number;
  readonly follows: boolean;
}

type Found = { readonly trail: Trail | undefined } | { readonly problem: string };

function PathOf({ edge, timeNs, follows }: PathOfProps): ReactElement {
  const { perform } = usePage();
  const graph = useModel((model) => model.graph);
  const [found, setFound] = useState<Found | undefined>(undefined);
  const ask = async (): Promise<void> => {
    try {
      const reply = await perform({ do: 'path', timeNs });
      const way = graph === undefined ? undefined : wayThrough(graph, edge);
      const halts = reply.kind === 'path' ? reply.halts.filter(({ stage }) => way?.has(stage)) : [];
      setFound({ trail: trailOf(halts) });
    } catch (error) {
      setFound({ problem: sayError(error) });
    }
  };
  return (
    <section className="path" aria-label="Path of this message">
      <div className="section-head">
        <h3>Path of this message</h3>
        <button type="button" disabled={!follows} onClick={() => void ask()}>
          {found === undefined ? 'Show it' : 'Look again'}
        </button>
      </div>
      {follows ? undefined : (
        <p className="empty">
          Turn “Trace paths” on: of messages that come from then on, the path can be told.
        </p>
      )}
      {found === undefined ? undefined : 'problem' in found ? (
        <p className="error-message">{found.problem}</p>
      ) : found.trail === undefined ? (
        <p className="empty">
          No thread recorded it: it was sent before the trace began, or too long ago. Take a newer message.
        </p>
      ) : (
        <Gantt trail={found.trail} edge={edge} />
      )}
    </section>
  );
}

/** Where it waited and where it was handled, on one scale of time. */
function Gantt({ trail, edge }: { readonly trail: Trail; readonly edge: EdgeWire }): ReactElement {
  const stages = useModel(({ graph }) => graph?.stages);
  const { spanMs, waitedMs, handledMs, bars, longestWait } = trail;
  const nameOf = (stage: number): string => stages?.[stage]?.name ?? `stage ${stage}`;
  const soFar = bars.find((bar) => edge.from.kind === 'stage' && bar.stage === edge.from.stage);
  return (
    <>
      <p>
        {milliseconds(spanMs)} in all: it waited {milliseconds(waitedMs)} and was handled for{' '}
        {milliseconds(handledMs)}.
        {longestWait === undefined ? '' : ` It waited longest for ${nameOf(longestWait.stage)}.`}
        {soFar === undefined ? '' : ` Up to this edge it took ${milliseconds(soFar.untilMs)}.`}
      </p>
      <table className="gantt">
        <thead>
          <tr>
            <th scope="col">Stage</th>
            <th scope="col" className="number">
              Waited
            </th>
            <th scope="col" className="number">
              Handled
            </th>
            <th scope="col">From its source on</th>
          </tr>
        </thead>
        <tbody>
          {bars.map((bar) => (
            <GanttRow
              key={`${bar.stage} ${bar.handleFromMs} ${bar.edge}`}
              bar={bar}
              name={nameOf(bar.stage)}
              spanMs={spanMs}
            />
          ))}
        </tbody>
      </table>
    </>
  );
}

interface GanttRowProps {
  readonly bar: TrailBar;
  readonly name: string;
  readonly spanMs: number;
}

function GanttRow({ bar, name, spanMs }: GanttRowProps): ReactElement {
  const [, go] = useUrl();
  const { waitFromMs, handleFromMs, untilMs, worker } = bar;
  const percentOf = (ms: number): string => `${spanMs > 0 ? (ms / spanMs) * 100 : 0}%`;
  return (
    <tr>
      <th scope="row">
        <button type="button" className="link" onClick={() => go({ stage: name })}>
          {name}
        </button>
        <span className="quiet"> worker {worker}</span>
      </th>
      <td className="number">{waitFromMs === undefined ? '–' : milliseconds(waitOf(bar))}</td>
      <td className="number">{milliseconds(untilMs - handleFromMs)}</td>
      <td className="gantt-lane">
        {waitFromMs === undefined ? undefined : (
          <span
            className="gantt-wait"
            style={{ left: percentOf(waitFromMs), width: percentOf(handleFromMs - waitFromMs) }}
          />
        )}
        <span
          className="gantt-handle"
          style={{ left: percentOf(handleFromMs), width: percentOf(untilMs - handleFromMs) }}
        />
      </td>
    </tr>
  );
}
