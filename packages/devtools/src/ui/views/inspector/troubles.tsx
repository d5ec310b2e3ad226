import type { FailureWire, LetterWire, RestartWire } from '@troupe/core/telemetry';
import type { ReactElement, ReactNode } from 'react';
import { rootOf } from '../../../model/log.ts';
import { stageFigure } from '../../../model/figures.ts';
import { clockTime, count, milliseconds } from '../../../model/units.ts';
import { useModel } from '../../page.tsx';
import { Action } from '../../parts/action.tsx';
import { ErrorView } from '../../parts/error-view.tsx';
import { Payload } from '../../parts/payload.tsx';

const shownMax = 10;

const verdicts: Readonly<Record<string, string>> = {
  retried: 'tried again',
  recreated: 'the actor was created anew',
  'given up': 'the message became a dead letter',
  stopped: 'the stage was stopped',
  escalated: 'the run failed',
};

/** Handler calls that threw: newest first, each with what it was handling. */
export function Failures({ stage }: { readonly stage: number }): ReactElement {
  const failures = useModel(({ watched }) => watched.details.get(stage)?.detail.failures);
  const all = useModel(({ figures }) => (figures ? stageFigure(figures.now, stage, 'failed') : 0));
  return (
    <Troubles name="Errors" items={failures} all={all} none="No call of its handlers has thrown.">
      {(failure: FailureWire) => (
        <li key={failure.id} className="trouble">
          <p className="trouble-head">
            <time>{clockTime(failure.atMs)}</time> in {failure.work}:{' '}
            {verdicts[failure.verdict] ?? failure.verdict}
          </p>
          <ErrorView error={rootOf(failure.error)} />
          {failure.message === undefined ? undefined : (
            <details>
              <summary>
                Message {count(failure.message.seq)} of {failure.message.port}
              </summary>
              <Payload payload={failure.message.payload} name="message" />
            </details>
          )}
        </li>
      )}
    </Troubles>
  );
}

/** Messages that no try could handle. They can be sent again, or dropped. */
export function Letters({ stage }: { readonly stage: number }): ReactElement {
  const letters = useModel(({ watched }) => watched.details.get(stage)?.detail.letters);
  const all = useModel(({ figures }) => (figures ? stageFigure(figures.now, stage, 'deadLettered') : 0));
  return (
    <Troubles name="Dead letters" items={letters} all={all} none="Every message has been handled.">
      {({ id, message, tries, error }: LetterWire) => (
        <li key={id} className="trouble">
          <p className="trouble-head">
            Message {count(message.seq)} of {message.port} at {clockTime(message.timeNs / 1e6)}, after{' '}
            {tries === 1 ? 'one try' : `${tries} tries`}
            <Action
              command={{ do: 'resend', letter: id }}
              label={`Send again letter ${id}`}
              done="Sent again."
            >
              Send again
            </Action>
            <Action command={{ do: 'drop', letter: id }} label={`Drop letter ${id}`} done="Dropped.">
              Drop
            </Action>
          </p>
          <ErrorView error={rootOf(error)} />
          <details>
            <summary>What it carries</summary>
            <Payload payload={message.payload} name="message" />
          </details>
        </li>
      )}
    </Troubles>
  );
}

const reasons: Readonly<Record<RestartWire['reason'], string>> = {
  exit: 'its worker ended',
  error: 'its worker failed',
  hang: 'its worker did not answer',
  restart: 'supervision created it anew',
};

export function Restarts({ stage }: { readonly stage: number }): ReactElement {
  const restarts = useModel(({ watched }) => watched.details.get(stage)?.detail.restarts);
  const all = useModel(({ figures }) => (figures ? stageFigure(figures.now, stage, 'restarts') : 0));
  return (
    <Troubles name="Restarts" items={restarts} all={all} none="It has never been restarted.">
      {({ atMs, reason, tookMs, worker, stages, error }: RestartWire) => (
        <li key={`${atMs}`} className="trouble">
          <p className="trouble-head">
            <time>{clockTime(atMs)}</time> {reasons[reason]}; back after {milliseconds(tookMs)} on worker{' '}
            {worker}
            {stages.length > 1 ? `, with ${stages.length - 1} more` : ''}
          </p>
          {error === undefined ? undefined : <ErrorView error={error} />}
        </li>
      )}
    </Troubles>
  );
}

interface TroublesProps<Item> {
  readonly name: string;
  readonly items: readonly Item[] | undefined;
  readonly all: number;
  readonly none: string;
  readonly children: (item: Item) => ReactNode;
}

function Troubles<Item>({ name, items, all, none, children }: TroublesProps<Item>): ReactElement {
  const newest = (items ?? []).toReversed().slice(0, shownMax);
  const more = Math.max(all, items?.length ?? 0) - newest.length;
  return (
    <section aria-label={name}>
      <h3>
        {name} <span className="quiet">{all === 0 ? '' : count(all)}</span>
      </h3>
      {newest.length === 0 ? (
        <p className="empty">{all === 0 ? none : 'They are no longer kept.'}</p>
      ) : undefined}
      <ul className="troubles">{newest.map(children)}</ul>
      {newest.length > 0 && more > 0 ? (
        <p className="quiet">{count(more)} older ones are not shown.</p>
      ) : undefined}
    </section>
  );
}
