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

/** A breakpoint that is being written. */
interface Draft {
  readonly stage: string;
  readonly on: BreakpointWire['on'];
  readonly port: string;
  readonly condition: string;
  readonly once: boolean;
  readonly holdsStage: boolean;
}

type Change = (change: Partial<Draft>) => void;

function breakpointOf({ stage, on, port, condition, once, holdsStage }: Draft): BreakpointWire {
  return {
    stage,
    on,
    once,
    holds: holdsStage ? 'stage' : 'graph',
    ...(port === '' || on !== 'input' ? {} : { port }),
    ...(condition.trim() === '' ? {} : { condition: condition.trim() }),
  };
}

function NewBreakpoint({ stage: given }: { readonly stage: StageWire | undefined }): ReactElement {
  const stages = useModel(({ graph }) => graph?.stages ?? none);
  const { hasControl, perform, announce } = usePage();
  const [draft, setDraft] = useState<Draft>(() => ({
    stage: given?.name ?? stages[0]?.name ?? '',
    on: 'input',
    port: '',
    condition: '',
    once: false,
    holdsStage: false,
  }));
  const [problem, setProblem] = useState<string | undefined>(undefined);
  const change: Change = (part) => setDraft({ ...draft, ...part });
  const submit = async (event: FormEvent): Promise<void> => {
    event.preventDefault();
    if (!hasControl) {
      announce(readOnly);
      return;
    }
    try {
      await perform({ do: 'break', at: breakpointOf(draft) });
      setProblem(undefined);
      announce(`A breakpoint was set at ${draft.stage}.`);
    } catch (error) {
      setProblem(sayError(error));
    }
  };
  return (
    <form className="new-breakpoint" onSubmit={(event) => void submit(event)}>
      {given === undefined ? (
        <label>
          At{' '}
          <select value={draft.stage} onChange={({ target }) => change({ stage: target.value, port: '' })}>
            {stages.map(({ index, name }) => (
              <option key={index}>{name}</option>
            ))}
          </select>
        </label>
      ) : undefined}
      <Occasion draft={draft} stage={stages.find(({ name }) => name === draft.stage)} change={change} />
      <Condition draft={draft} problem={problem} change={change} />
      <label>
        <input
          type="checkbox"
          checked={draft.once}
          onChange={({ target }) => change({ once: target.checked })}
        />{' '}
        once
      </label>
      <label>
        <input
          type="checkbox"
          checked={draft.holdsStage}
          onChange={({ target }) => change({ holdsStage: target.checked })}
        />{' '}
        hold this stage only
      </label>
      <button type="submit" aria-disabled={!hasControl} title={hasControl ? undefined : readOnly}>
        Set breakpoint
      </button>
    </form>
  );
}

const none: readonly StageWire[] = [];

interface OccasionProps {
  readonly draft: Draft;
  readonly stage: StageWire | undefined;
  readonly change: Change;
}

/** Before what it holds, and at which port where there are several. */
function Occasion({ draft: { on, port }, stage, change }: OccasionProps): ReactElement {
  return (
    <>
      <label>
        On{' '}
        <select value={on} onChange={({ target }) => change({ on: target.value as BreakpointWire['on'] })}>
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
          <select value={port} onChange={({ target }) => change({ port: target.value })}>
            <option value="">any</option>
            {stage?.inputs.map(({ name }) => (
              <option key={name}>{name}</option>
            ))}
          </select>
        </label>
      ) : undefined}
    </>
  );
}

interface ConditionProps {
  readonly draft: Draft;
  readonly problem: string | undefined;
  readonly change: Change;
}

function Condition({ draft, problem, change }: ConditionProps): ReactElement {
  const id = useId();
  return (
    <>
      <label className="wide">
        If{' '}
        <input
          value={draft.condition}
          placeholder="always; or, as seq > 100 && frame[0] > 1"
          spellCheck={false}
          aria-invalid={problem !== undefined}
          aria-describedby={problem === undefined ? undefined : id}
          onChange={({ target }) => change({ condition: target.value })}
        />
      </label>
      {problem === undefined ? undefined : (
        <p id={id} className="error-message" role="alert">
          {problem}
        </p>
      )}
    </>
  );
}
