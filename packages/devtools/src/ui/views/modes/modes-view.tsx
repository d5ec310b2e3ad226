import type { GraphWire, HappeningWire } from '@troupe/core/telemetry';
import type { ReactElement } from 'react';
import { useMemo } from 'react';
import { statechartOf, whyNot } from '../../../model/statechart.ts';
import type { Statechart } from '../../../model/statechart.ts';
import { clockTime, count } from '../../../model/units.ts';
import { useModel, useWish } from '../../page.tsx';
import { Action } from '../../parts/action.tsx';
import { Chart } from './chart.tsx';
import './modes.css';

/** The modes as a statechart, what led from one to the other, and the events of the graph. */
export function ModesView(): ReactElement {
  useWish({ statsMs: 250 });
  const graph = useModel((model) => model.graph);
  const mode = useModel(({ figures }) => figures?.mode ?? '');
  return (
    <section className="view modes-view" aria-label="Modes and events">
      {graph === undefined ? undefined : (
        <>
          <Modes graph={graph} mode={mode} />
          <Events graph={graph} />
        </>
      )}
    </section>
  );
}

function Modes({ graph, mode }: { readonly graph: GraphWire; readonly mode: string }): ReactElement {
  const chart = useMemo(() => statechartOf(graph.modes), [graph]);
  const refused = chart.modes
    .filter((name) => name !== mode)
    .flatMap((name) => whyNot(chart, mode, name) ?? []);
  return (
    <>
      <div className="view-head">
        <h2>Mode</h2>
        <p className="mode-now">{mode}</p>
        <Buttons chart={chart} mode={mode} />
      </div>
      {refused.length === 0 ? undefined : (
        // The machine decides, not the page: such a request may be tried, to see the rule.
        <p className="note">{refused.join(' ')}</p>
      )}
      <Chart chart={chart} mode={mode} />
      <Transitions />
    </>
  );
}

function Buttons({ chart, mode }: { readonly chart: Statechart; readonly mode: string }): ReactElement {
  return (
    <div className="mode-buttons" role="group" aria-label="Request a mode">
      {chart.modes.map((name) => {
        const isNow = name === mode;
        const hint = isNow ? `The run is in ${name} now.` : undefined;
        return (
          <Action
            key={name}
            command={{ do: 'mode', mode: name }}
            label={`Request mode ${name}`}
            whyNot={hint}
            isPressed={isNow}
            done={`Mode ${name} was entered.`}
          >
            {name}
          </Action>
        );
      })}
    </div>
  );
}

const outcomes = { entered: 'entered', refused: 'refused', failed: 'failed' } as const;

function Transitions(): ReactElement {
  const happenings = useModel(({ watched }) => watched.log.happenings);
  const changes = useMemo(() => happenings.filter((it) => it.type === 'mode').toReversed(), [happenings]);
  return (
    <section aria-label="Changes of mode">
      <h3>Changes</h3>
      {changes.length === 0 ? (
        <p className="empty">The mode has not been changed since this page was told.</p>
      ) : (
        <div className="scrolls" tabIndex={0} role="region" aria-label="Table of changes">
          <table>
            <thead>
              <tr>
                <th scope="col">When</th>
                <th scope="col">From</th>
                <th scope="col">To</th>
                <th scope="col">Outcome</th>
                <th scope="col">Cause</th>
              </tr>
            </thead>
            <tbody>
              {changes.map((change) => (
                <Transition key={change.id} change={change} />
              ))}
            </tbody>
          </table>
        </div>
      )}
    </section>
  );
}

type ModeChange = Extract<HappeningWire, { readonly type: 'mode' }>;

function Transition({ change }: { readonly change: ModeChange }): ReactElement {
  const { atMs, from, to, outcome, rule, cause, error } = change;
  return (
    <tr className={`outcome-${outcome}`}>
      <td>{clockTime(atMs)}</td>
      <td>{from}</td>
      <td>{to}</td>
      <td>
        {outcomes[outcome]}
        {rule === undefined ? '' : ` by the rule ${rule}`}
        {error === undefined ? '' : `: ${error.message}`}
      </td>
      <td>{cause}</td>
    </tr>
  );
}

function Events({ graph }: { readonly graph: GraphWire }): ReactElement {
  const counts = useModel(({ figures }) => figures?.events);
  return (
    <section aria-label="Events">
      <h2>Events</h2>
      {graph.events.length === 0 ? (
        <p className="empty">The graph declares no events.</p>
      ) : (
        <table className="events">
          <thead>
            <tr>
              <th scope="col">Event</th>
              <th scope="col">State</th>
              <th scope="col" className="number">
                Activations
              </th>
              <th scope="col">Stages that it is bound to</th>
              <th scope="col">Change it</th>
            </tr>
          </thead>
          <tbody>
            {graph.events.map((event, index) => (
              <Event key={event} graph={graph} event={event} activations={counts?.[index]} />
            ))}
          </tbody>
        </table>
      )}
    </section>
  );
}

interface EventProps {
  readonly graph: GraphWire;
  readonly event: string;
  readonly activations: number | undefined;
}

function Event({ graph, event, activations }: EventProps): ReactElement {
  const bound = graph.stages.filter(
    (stage) => stage.events.includes(event) || stage.control?.event === event,
  );
  const isSet = (activations ?? 0) > 0;
  return (
    <tr>
      <th scope="row">{event}</th>
      <td>{activations === undefined ? '–' : isSet ? 'set' : 'not set'}</td>
      <td className="number">{activations === undefined ? '–' : count(activations)}</td>
      <td>{bound.map(({ name }) => name).join(', ') || <span className="quiet">none</span>}</td>
      <td>
        <div className="event-buttons">
          <Action command={{ do: 'event', event, change: 'set' }} label={`Set ${event}`}>
            Set
          </Action>
          <Action
            command={{ do: 'event', event, change: 'reset' }}
            label={`Reset ${event}`}
            whyNot={whyKept(isSet)}
          >
            Reset
          </Action>
          <Action
            command={{ do: 'event', event, change: 'clear' }}
            label={`Clear ${event}`}
            whyNot={whyKept(isSet)}
          >
            Clear
          </Action>
        </div>
      </td>
    </tr>
  );
}

function whyKept(isSet: boolean): string | undefined {
  return isSet ? undefined : 'It is not set.';
}
