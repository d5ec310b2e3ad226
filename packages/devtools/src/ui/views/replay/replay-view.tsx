import type { MessageWire, ReplayWire } from '@troupe/core/telemetry';
import type { KeyboardEvent, ReactElement } from 'react';
import { useEffect, useRef, useState } from 'react';
import type { Replay } from '../../../model/moment.ts';
import { bannerOf, marksOf, trustOf } from '../../../model/moment.ts';
import { clockTime, count } from '../../../model/units.ts';
import { Icon } from '../../icons.tsx';
import { useModel, useUrl } from '../../page.tsx';
import { Payload } from '../../parts/payload.tsx';
import { useCommand } from '../../parts/use-command.ts';
import './replay.css';
import { useSeek } from './use-seek.ts';

/** Goes back in a recording: to any step, forth and back, and shows what was there. */
export function ReplayView(): ReactElement {
  const replay = useModel(({ watched }) => watched.replay);
  const opening = useOpening();
  return (
    <section className="view replay-view" aria-label="Replay">
      {replay === undefined ? (
        <Choose {...opening} />
      ) : (
        <Opened key={replay.replay.recording} replay={replay} />
      )}
    </section>
  );
}

interface Opening {
  /** The recording that is being opened. */
  readonly opening: string | undefined;
  readonly open: (recording: string) => Promise<void>;
}

/** How recordings are opened. That of a run which does one again is, once, by itself. */
function useOpening(): Opening {
  const [opening, setOpening] = useState<string | undefined>(undefined);
  const perform = useCommand();
  const open = async (recording: string): Promise<void> => {
    setOpening(recording);
    await perform({ do: 'replay', recording });
    setOpening(undefined);
  };
  const replayOf = useModel(({ hello, link }) => (link.state === 'open' ? hello?.replayOf : undefined));
  const isOpen = useModel(({ watched }) => watched.replay !== undefined);
  const opened = useRef<string | undefined>(undefined);
  useEffect(() => {
    if (replayOf === undefined || opened.current === replayOf) return;
    opened.current = replayOf;
    if (!isOpen) void open(replayOf);
  });
  return { opening, open };
}

function Choose({ opening, open }: Opening): ReactElement {
  const recordings = useModel(({ hello }) => hello?.recordings ?? none);
  return (
    <>
      <div className="view-head">
        <h2>Replay</h2>
      </div>
      {recordings.length === 0 ? (
        <p className="empty">
          This run has no recordings. Start one with run.record(path), or hand some to devtools({'{'}{' '}
          recordings {'}'}).
        </p>
      ) : (
        <ul className="recordings">
          {recordings.map((recording) => (
            <li key={recording}>
              <span>{recording}</span>
              <button type="button" disabled={opening !== undefined} onClick={() => void open(recording)}>
                {opening === recording ? 'Opening' : 'Open'}
              </button>
            </li>
          ))}
        </ul>
      )}
      <p className="quiet">
        Going back runs the graph again from the recording, beside the run and without effects outside of it.
      </p>
    </>
  );
}

const none: readonly string[] = [];

function Opened({ replay }: { readonly replay: Replay }): ReactElement {
  const perform = useCommand();
  const { replay: wire, moment } = replay;
  const { step, isGoing, to, toMark } = useSeek(replay);
  const [, go] = useUrl();
  return (
    <>
      <div className="view-head">
        <h2>Replay</h2>
        <div className="replay-buttons" role="group" aria-label="Go to">
          <button type="button" onClick={() => toMark(-1)}>
            Mark before
          </button>
          <button type="button" onClick={() => to(step - 1)}>
            Step back
          </button>
          <button type="button" onClick={() => to(step + 1)}>
            Step on
          </button>
          <button type="button" onClick={() => toMark(1)}>
            Next mark
          </button>
        </div>
        {moment === undefined ? undefined : (
          <button type="button" onClick={() => go({ view: 'graph' })}>
            See it in the graph
          </button>
        )}
        <button
          type="button"
          onClick={() => void perform({ do: 'closeReplay' }, 'The page shows the run again.')}
        >
          <Icon name="close" /> Close the recording
        </button>
      </div>
      <p className={`replay-banner ${wire.isExact ? '' : 'is-reenactment'}`}>{bannerOf(replay)}</p>
      <Scrubber replay={wire} step={step} timeNs={moment?.timeNs ?? 0} onSeek={to} />
      <p className={moment?.divergence === undefined ? 'quiet' : 'error-message'} role="status">
        {isGoing ? `Going to step ${step}.` : trustOf(replay)}
      </p>
      <Notes replay={wire} />
      <MomentView replay={replay} />
    </>
  );
}

interface ScrubberProps {
  readonly replay: ReplayWire;
  readonly step: number;
  readonly timeNs: number;
  readonly onSeek: (step: number) => void;
}

const widthPx = 900;

/** The recording from end to end, with what happened in it. Arrows go by steps, Page by hundredths. */
function Scrubber({ replay, step, timeNs, onSeek }: ScrubberProps): ReactElement {
  const { steps, durationNs } = replay;
  const last = Math.max(0, steps - 1);
  const onKeyDown = (event: KeyboardEvent): void => {
    const page = Math.max(1, Math.round(steps / 100));
    const by: Readonly<Record<string, number>> = { PageUp: page, PageDown: -page };
    const move = by[event.key];
    // The arrows are the slider's own, and must not move through the graph.
    event.stopPropagation();
    if (move === undefined) return;
    event.preventDefault();
    onSeek(step + move);
  };
  const place = step < 0 ? 'before the first step' : `step ${count(step)} of ${count(last)}`;
  return (
    <div className="scrubber">
      <div className="scrubber-marks" aria-hidden="true">
        {marksOf(replay, widthPx).map((mark) => (
          <span
            key={`${mark.step} ${mark.type}`}
            className={`mark mark-${mark.type}`}
            style={{ left: `${mark.place * 100}%` }}
            title={`${clockTime(mark.timeNs / 1e6)} ${mark.text}`}
          />
        ))}
      </div>
      <input
        type="range"
        aria-label="Step of the recording"
        aria-valuetext={`${place}, ${clockTime(timeNs / 1e6)}`}
        min={-1}
        max={last}
        value={step}
        onKeyDown={onKeyDown}
        onChange={(event) => onSeek(Number(event.target.value))}
      />
      <p className="scrubber-ends">
        <span>0:00.000</span>
        <span>{place}</span>
        <span>{clockTime(durationNs / 1e6)}</span>
      </p>
    </div>
  );
}

function Notes({ replay }: { readonly replay: ReplayWire }): ReactElement | undefined {
  const { leftOut, warnings, marksLeftOut, marks } = replay;
  const notes = [
    ...(leftOut.length === 0 ? [] : [`Left out, since it has effects outside: ${leftOut.join(', ')}.`]),
    ...warnings,
    ...(marksLeftOut === 0 ? [] : [`${count(marksLeftOut)} marks are left out.`]),
  ];
  return (
    <details className="replay-notes">
      <summary>
        {marks.length === 1 ? 'One mark' : `${count(marks.length)} marks`}
        {notes.length === 0 ? '' : `, ${notes.length === 1 ? 'one note' : `${notes.length} notes`}`}
      </summary>
      {notes.map((note) => (
        <p key={note}>{note}</p>
      ))}
      <ol>
        {marks.slice(0, 200).map((mark) => (
          <li key={`${mark.step} ${mark.type} ${mark.text}`}>
            {clockTime(mark.timeNs / 1e6)} <span className="quiet">step {mark.step}</span> {mark.type}:{' '}
            {mark.text}
          </li>
        ))}
      </ol>
    </details>
  );
}

/** What there was: the mode, the events, and the last message of each output. */
function MomentView({ replay: { moment } }: { readonly replay: Replay }): ReactElement {
  const stages = useModel(({ graph }) => graph?.stages);
  const [selected, setSelected] = useState<string | undefined>(undefined);
  if (moment === undefined) return <p className="empty">Choose a step to see what was there.</p>;
  const idOf = ({ stage, port }: MessageWire): string => `${stages?.[stage]?.name ?? stage}.${port}`;
  const shown = moment.messages.find((message) => idOf(message) === selected) ?? moment.messages[0];
  const set = moment.events.filter(({ count: activations }) => activations > 0);
  return (
    <div className="moment">
      <div className="moment-outputs">
        <p>
          Mode {moment.mode}
          {set.length === 0 ? '' : `; set: ${set.map(({ name }) => name).join(', ')}`}
        </p>
        <ul aria-label="Last message of each output">
          {moment.messages.map((message) => (
            <li key={idOf(message)}>
              <button
                type="button"
                aria-pressed={shown !== undefined && idOf(message) === idOf(shown)}
                onClick={() => setSelected(idOf(message))}
              >
                <span>{idOf(message)}</span> <span className="quiet">seq {count(message.seq)}</span>
              </button>
            </li>
          ))}
        </ul>
      </div>
      {shown === undefined ? (
        <p className="empty">No output had sent anything yet.</p>
      ) : (
        <article className="moment-message" aria-label={`Last message of ${idOf(shown)}`}>
          <h3>
            {idOf(shown)}{' '}
            <span className="quiet">
              seq {count(shown.seq)}, {clockTime(shown.timeNs / 1e6)}
            </span>
          </h3>
          <Payload payload={shown.payload} name="value" />
        </article>
      )}
    </div>
  );
}
