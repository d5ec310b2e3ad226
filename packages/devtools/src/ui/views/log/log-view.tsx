import type { GraphWire, HappeningWire } from '@troupe/core/telemetry';
import type { ReactElement } from 'react';
import { useMemo, useState } from 'react';
import type { HappeningType } from '../../../model/log.ts';
import { filtered, logText, rootOf, sentenceOf } from '../../../model/log.ts';
import { clockTime, count } from '../../../model/units.ts';
import { useModel, usePage } from '../../page.tsx';
import { ErrorView } from '../../parts/error-view.tsx';
import { ListBox } from '../../parts/list-box.tsx';
import { Payload } from '../../parts/payload.tsx';
import { ValueTree } from '../../parts/value-tree.tsx';
import './log.css';

const types: readonly (readonly [HappeningType, string])[] = [
  ['log', 'Log'],
  ['failure', 'Errors'],
  ['restart', 'Restarts'],
  ['letter', 'Dead letters'],
  ['mode', 'Modes'],
  ['event', 'Events'],
  ['rate', 'Rates'],
  ['state', 'Stages'],
  ['break', 'Breakpoints'],
  ['end', 'End'],
];
const rowPx = 24;

/** What has happened, newest first. */
export function LogView(): ReactElement {
  const log = useModel(({ watched }) => watched.log);
  const graph = useModel((model) => model.graph);
  const [chosen, setChosen] = useState<ReadonlySet<HappeningType>>(new Set());
  const [text, setText] = useState('');
  const [selected, setSelected] = useState<number | undefined>(undefined);
  const { announce } = usePage();
  const shown = useMemo(
    () => (graph === undefined ? [] : filtered(log, graph, { types: chosen, text })),
    [log, graph, chosen, text],
  );
  const turn = (type: HappeningType): void => {
    const next = new Set(chosen);
    if (!next.delete(type)) next.add(type);
    setChosen(next);
  };
  const copy = async (): Promise<void> => {
    if (graph === undefined) return;
    await navigator.clipboard.writeText(logText(shown.toReversed(), graph));
    announce(`${count(shown.length)} lines were copied.`);
  };
  const one = shown.find(({ id }) => id === selected);
  return (
    <section className="view log-view" aria-label="Log">
      <div className="view-head">
        <h2>Log</h2>
        <input
          type="search"
          aria-label="Only lines with this text"
          placeholder="Only with this text"
          value={text}
          onChange={(event) => setText(event.target.value)}
        />
        <div className="choices" role="group" aria-label="Only these kinds">
          {types.map(([type, name]) => (
            <button key={type} type="button" aria-pressed={chosen.has(type)} onClick={() => turn(type)}>
              {name}
            </button>
          ))}
        </div>
        <button type="button" onClick={() => void copy()}>
          Copy
        </button>
        <p className="quiet">
          {count(shown.length)} of {count(log.happenings.length)}
          {log.missed === 0 ? '' : `; ${count(log.missed)} older ones are gone`}
        </p>
      </div>
      {graph === undefined || shown.length === 0 ? (
        <p className="empty">
          {log.happenings.length === 0
            ? 'Nothing has happened yet.'
            : 'Nothing that happened passes the filter.'}
        </p>
      ) : (
        <Lines shown={shown} graph={graph} selected={selected} onSelect={setSelected} />
      )}
      {one === undefined || graph === undefined ? undefined : <More happening={one} graph={graph} />}
    </section>
  );
}

interface LinesProps {
  readonly shown: readonly HappeningWire[];
  readonly graph: GraphWire;
  readonly selected: number | undefined;
  readonly onSelect: (id: number) => void;
}

function Lines({ shown, graph, selected, onSelect }: LinesProps): ReactElement {
  return (
    <ListBox
      label="What happened"
      className="log-lines"
      items={shown}
      rowPx={rowPx}
      selected={selected}
      onSelect={({ id }) => onSelect(id)}
      keyOf={({ id }) => id}
      rowClass={({ type }) => `log-line kind-${type}`}
    >
      {(happening) => (
        <>
          <time>{clockTime(happening.atMs)}</time>
          <span className="log-kind">{types.find(([type]) => type === happening.type)?.[1]}</span>
          <span className="log-text">{sentenceOf(happening, graph)}</span>
        </>
      )}
    </ListBox>
  );
}

/** Everything that is known of one happening. */
function More({
  happening,
  graph,
}: {
  readonly happening: HappeningWire;
  readonly graph: GraphWire;
}): ReactElement {
  return (
    <div className="log-more" role="region" aria-label="Selected" tabIndex={0}>
      <p>
        <time>{clockTime(happening.atMs)}</time> {sentenceOf(happening, graph)}
      </p>
      <Inside happening={happening} />
    </div>
  );
}

function Inside({ happening }: { readonly happening: HappeningWire }): ReactElement | undefined {
  switch (happening.type) {
    case 'failure': {
      const { error, message } = happening.failure;
      return (
        <>
          <ErrorView error={rootOf(error)} />
          {message === undefined ? undefined : <Payload payload={message.payload} name="message" />}
        </>
      );
    }
    case 'letter':
      return (
        <>
          <ErrorView error={rootOf(happening.letter.error)} />
          <Payload payload={happening.letter.message.payload} name="message" />
        </>
      );
    case 'restart':
      return happening.restart.error && <ErrorView error={happening.restart.error} />;
    case 'mode':
    case 'end':
      return happening.error && <ErrorView error={happening.error} />;
    case 'log':
      return happening.fields && <ValueTree value={happening.fields} name="fields" />;
    default:
      return undefined;
  }
}
