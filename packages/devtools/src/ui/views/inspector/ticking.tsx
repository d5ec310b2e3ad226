import type { StageWire, TickWire } from '@troupe/core/telemetry';
import type { FormEvent, ReactElement } from 'react';
import { useId, useState } from 'react';
import { stageFigure } from '../../../model/figures.ts';
import { count, digits, duration } from '../../../model/units.ts';
import { useModel, usePage } from '../../page.tsx';
import { readOnly, useCommand } from '../../parts/use-command.ts';

interface TickingProps {
  readonly stage: StageWire;
  readonly tick: TickWire;
}

/** A stage's rate, which can be changed, and how well it is kept. */
export function Ticking({ stage, tick }: TickingProps): ReactElement {
  const { index, name } = stage;
  const { runner, hz: planned, phase, budgetNs } = tick;
  const hz = useModel(({ watched }) => {
    const changed = watched.log.happenings.findLast(
      (it) => it.type === 'rate' && (it.target === name || it.target === `:${runner}`),
    );
    return changed?.type === 'rate' ? changed.hz : planned;
  });
  const overruns = useModel(({ figures }) => (figures ? stageFigure(figures.now, index, 'overruns') : 0));
  const dropped = useModel(({ figures }) => (figures ? stageFigure(figures.now, index, 'droppedTicks') : 0));
  const others = useModel(({ graph }) => graph?.stages ?? none)
    .filter((it) => it.index !== index && it.tick?.runner === runner)
    .map((it) => it.name);
  const budget = budgetNs === undefined ? (hz === 0 ? 'none' : 'its period') : duration(budgetNs);
  return (
    <section aria-label="Ticks">
      <h3>Ticks</h3>
      <dl className="facts">
        <div>
          <dt>Rate</dt>
          <dd>
            {hz === 0 ? 'with every step' : `${digits(hz)} Hz`}, phase {phase}
          </dd>
        </div>
        <div>
          <dt>Budget</dt>
          <dd>{budget}</dd>
        </div>
        <div>
          <dt>Over it</dt>
          <dd>{count(overruns)} ticks</dd>
        </div>
        <div>
          <dt>Dropped</dt>
          <dd>{count(dropped)} ticks</dd>
        </div>
      </dl>
      {hz === 0 ? undefined : <RateForm name="New rate" target={name} hz={hz} />}
      {hz === 0 || others.length === 0 ? undefined : (
        <>
          <RateForm name={`New rate of ${runner}`} target={`:${runner}`} hz={hz} />
          <p className="quiet">
            {others.join(', ')} {others.length === 1 ? 'ticks' : 'tick'} with it, by {runner}. The upper rate
            is for {name} alone, the lower one for all of them.
          </p>
        </>
      )}
    </section>
  );
}

const none: readonly StageWire[] = [];

interface RateFormProps {
  readonly name: string;
  /** A stage, or `:` and a runner. */
  readonly target: string;
  readonly hz: number;
}

function RateForm({ name, target, hz }: RateFormProps): ReactElement {
  const [text, setText] = useState('');
  const { hasControl, announce } = usePage();
  const perform = useCommand();
  const id = useId();
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    const wanted = Number(text);
    if (!hasControl) announce(readOnly);
    else if (text.trim() === '' || !(wanted > 0)) announce('A rate is a number of hertz above 0.');
    else void perform({ do: 'rate', target, hz: wanted }, `The rate is now ${wanted} Hz.`);
  };
  return (
    <form className="line-form" onSubmit={submit}>
      <label htmlFor={id}>{name}</label>
      <input
        id={id}
        inputMode="decimal"
        size={8}
        placeholder={digits(hz)}
        value={text}
        onChange={(event) => setText(event.target.value)}
      />
      <span className="unit">Hz</span>
      <button type="submit" aria-disabled={!hasControl} title={hasControl ? undefined : readOnly}>
        Set
      </button>
    </form>
  );
}
