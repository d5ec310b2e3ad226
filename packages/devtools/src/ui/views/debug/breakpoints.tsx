import type { BreakpointWire, DebugWire, StageWire } from '@troupe/core/telemetry';
import type { FormEvent, ReactElement } from 'react';
import { useId, useState } from 'react';
import { useModel, usePage } from '../../page.tsx';
import { Action } from '../../parts/action.tsx';
import { readOnly, sayError } from '../../parts/use-command.ts';

type Breakpoint = DebugWire['breakpoints'][number];

/** All breakpoints, and a form for a new one; the stage that is selected comes first. */
export function Breakpoints({ stage }: { readonly stage: StageWire | undefined }): ReactElement {
  const breakpoints = useModel(({ debug }) => debug.breakpoints);
  return (
    <div className="breakpoints">
      <h3>Breakpoints</h3>
      <List
        breakpoints={breakpoints}
        none="None. One holds the graph before a message that meets its condition."
      />
      <NewBreakpoint key={stage?.name ?? ''} stage={stage} />
    </div>
  );
}

/** Those of one stage. */
export function StageBreakpoints({ stage }: { readonly stage: StageWire }): ReactElement {
  const all = useModel(({ debug }) => debug.breakpoints);
  return (
    <section className="breakpoints" aria-label="Breakpoints">
      <h3>Breakpoints</h3>
      <List breakpoints={all.filter((it) => it.stage === stage.name)} none="None at this stage." />
      <NewBreakpoint stage={stage} />
    </section>
  );
}

interface ListProps {
  readonly breakpoints: readonly Breakpoint[];
  readonly none: string;
}

function List({ breakpoints, none }: ListProps): ReactElement {
  const hit = useModel(({ debug }) => debug.hit?.breakpoint);
  if (breakpoints.length === 0) return <p className="empty">{none}</p>;
  return (
    <ul className="breakpoint-list">
      {breakpoints.map((it) => (
        <li key={it.id} className={it.id === hit ? 'is-hit' : ''}>
          <span>
            {it.id === hit ? <strong>Holds now: </strong> : undefined}
            {textOf(it)} <span className="quiet">{it.hits === 1 ? 'one hit' : `${it.hits} hits`}</span>
          </span>
          <Action command={{ do: 'unbreak', id: it.id }} label={`Remove breakpoint ${it.id}`} done="Removed.">
            Remove
          </Action>
          {it.problem === undefined ? undefined : (
            <p className="error-message">Its condition failed, which counts as false: {it.problem}</p>
          )}
        </li>
      ))}
    </ul>
  );
}

function textOf({ id, stage, port, on, condition, holds, once }: Breakpoint): string {
  const what = { input: 'before an input', tick: 'before a tick', error: 'after an error' }[on];
  const at = port === undefined ? stage : `${stage}.${port}`;
  const when = condition === undefined ? '' : `, if ${condition}`;
  const only = holds === 'stage' ? ', this stage only' : '';
  return `${id}: ${at} ${what}${when}${only}${once === true ? ', once' : ''}`;
}

const kinds = [
  ['input', 'an input'],
  ['tick', 'a tick'],
  ['error', 'an error'],
] as const;

function NewBreakpoint({ stage: given }: { readonly stage: StageWire | undefined }): ReactElement {
  const stages = useModel(({ graph }) => graph?.stages);
  const { hasControl, perform, announce } = usePage();
  const [name, setName] = useState(given?.name ?? '');
  const [on, setOn] = useState<BreakpointWire['on']>('input');
  const [port, setPort] = useState('');
  const [condition, setCondition] = useState('');
  const [once, setOnce] = useState(false);
  const [holdsStage, setHoldsStage] = useState(false);
  const [problem, setProblem] = useState<string | undefined>(undefined);
  const id = useId();
  const stage = stages?.find((it) => it.name === (name === '' ? stages[0]?.name : name));
  const submit = async (event: FormEvent): Promise<void> => {
    event.preventDefault();
    if (!hasControl) {
      announce(readOnly);
      return;
    }
    try {
      const at: BreakpointWire = {
        stage: stage?.name ?? name,
        on,
        once,
        holds: holdsStage ? 'stage' : 'graph',
        ...(port === '' ? {} : { port }),
        ...(condition.trim() === '' ? {} : { condition: condition.trim() }),
      };
      await perform({ do: 'break', at });
      setProblem(undefined);
      announce(`A breakpoint was set at ${at.stage}.`);
    } catch (error) {
      setProblem(sayError(error));
    }
  };
  return (
    <form className="new-breakpoint" onSubmit={(event) => void submit(event)}>
      {given === undefined ? (
        <label>
          At{' '}
          <select value={stage?.name ?? ''} onChange={(event) => setName(event.target.value)}>
            {stages?.map((it) => (
              <option key={it.index}>{it.name}</option>
            ))}
          </select>
        </label>
      ) : undefined}
      <label>
        On{' '}
        <select value={on} onChange={(event) => setOn(event.target.value as BreakpointWire['on'])}>
          {kinds.map(([kind, text]) => (
            <option key={kind} value={kind}>
              {text}
            </option>
          ))}
        </select>
      </label>
      {on === 'input' && (stage?.inputs.length ?? 0) > 1 ? (
        <label>
          Port{' '}
          <select value={port} onChange={(event) => setPort(event.target.value)}>
            <option value="">any</option>
            {stage?.inputs.map((it) => (
              <option key={it.name}>{it.name}</option>
            ))}
          </select>
        </label>
      ) : undefined}
      <label className="wide">
        If{' '}
        <input
          value={condition}
          placeholder="always; or, as seq > 100 && frame[0] > 1"
          spellCheck={false}
          aria-invalid={problem !== undefined}
          aria-describedby={problem === undefined ? undefined : `${id}-problem`}
          onChange={(event) => setCondition(event.target.value)}
        />
      </label>
      <label>
        <input type="checkbox" checked={once} onChange={(event) => setOnce(event.target.checked)} /> once
      </label>
      <label>
        <input
          type="checkbox"
          checked={holdsStage}
          onChange={(event) => setHoldsStage(event.target.checked)}
        />{' '}
        hold this stage only
      </label>
      <button type="submit" aria-disabled={!hasControl} title={hasControl ? undefined : readOnly}>
        Set breakpoint
      </button>
      {problem === undefined ? undefined : (
        <p id={`${id}-problem`} className="error-message" role="alert">
          {problem}
        </p>
      )}
    </form>
  );
}
