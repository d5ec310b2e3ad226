import type { ReactElement } from 'react';
import { useEffect, useState } from 'react';
import type { Model } from '../model/model.ts';
import { recordingName } from '../model/moment.ts';
import { Icon } from './icons.tsx';
import type { IconName } from './icons.tsx';
import { useModel, usePage, useUrl } from './page.tsx';

type RunState = 'connecting' | 'running' | 'paused' | 'lost' | 'refused' | 'ended' | 'failed';

const stateIcons: Readonly<Record<RunState, IconName>> = {
  connecting: 'starting',
  running: 'play',
  paused: 'held',
  lost: 'lost',
  refused: 'lost',
  ended: 'ended',
  failed: 'lost',
};

const stateTexts: Readonly<Record<RunState, string>> = {
  connecting: 'connecting',
  running: 'running',
  paused: 'held by you',
  lost: 'connection lost',
  refused: 'no access',
  ended: 'ended',
  failed: 'failed',
};

function runStateOf({ link, ending, debug, graph }: Model): RunState {
  if (ending !== undefined) return ending.reason === 'failed' ? 'failed' : 'ended';
  if (link.state === 'refused') return 'refused';
  if (link.state === 'lost') return 'lost';
  if (graph === undefined) return 'connecting';
  return debug.isAllHeld ? 'paused' : 'running';
}

/** What runs, how it is, in which mode, since when. */
export function Standing(): ReactElement {
  const name = useModel(({ graph }) => graph?.name ?? 'Troupe devtools');
  const state = useModel(runStateOf);
  const mode = useModel(({ figures }) => figures?.mode);
  const seconds = useModel(({ figures }) => Math.floor((figures?.now.elapsedMs ?? 0) / 1_000));
  const replayOf = useModel(({ hello }) => hello?.replayOf);
  return (
    <div className="standing">
      <h1>{name}</h1>
      <span className="run-state" data-state={state}>
        <Icon name={stateIcons[state]} />
        {stateTexts[state]}
      </span>
      {mode === undefined ? undefined : (
        <span className="run-facts">
          <span>{mode}</span>
          <time>{clockText(seconds)}</time>
        </span>
      )}
      {replayOf === undefined ? undefined : (
        <span className="run-facts" title={replayOf}>
          <span>replay of {recordingName(replayOf)}</span>
        </span>
      )}
    </div>
  );
}

function clockText(seconds: number): string {
  const two = (number: number): string => String(number).padStart(2, '0');
  const hours = Math.floor(seconds / 3_600);
  const rest = `${two(Math.floor(seconds / 60) % 60)}:${two(seconds % 60)}`;
  return hours === 0 ? rest : `${hours}:${rest}`;
}

/** What one must know before one trusts what one sees. */
export function Notices(): ReactElement {
  const hasGraph = useModel(({ graph }) => graph !== undefined);
  return (
    <>
      <LinkNotice isWhole={!hasGraph} />
      {hasGraph ? <EndNotice /> : undefined}
      {hasGraph ? <FrozenNotice /> : undefined}
      {hasGraph ? <LossNotice /> : undefined}
    </>
  );
}

function LinkNotice({ isWhole }: { readonly isWhole: boolean }): ReactElement | undefined {
  const link = useModel((model) => model.link);
  const hasEnded = useModel(({ ending }) => ending !== undefined);
  const { retry } = usePage();
  if (link.state === 'open') {
    return isWhole ? <p className="empty">Waiting for the graph…</p> : undefined;
  }
  if (link.state === 'connecting') {
    return isWhole ? <p className="empty">Connecting to the process…</p> : undefined;
  }
  if (link.state === 'refused') {
    return (
      <div className={isWhole ? 'empty' : 'banner'} data-tone="failed" role="alert">
        <Icon name="lost" />
        <p>
          <strong>This page has no access.</strong> {link.why}
        </p>
      </div>
    );
  }
  // The process of a run that is over is gone, too: nothing to be alarmed at.
  if (hasEnded) return undefined;
  return (
    <div className={isWhole ? 'empty' : 'banner'} data-tone="failed" role="alert">
      <Icon name="lost" />
      <p>
        <strong>The connection to the process is lost.</strong>{' '}
        {isWhole ? '' : 'This is the last picture of it.'} <small>({link.why})</small>{' '}
        <Countdown until={link.retryAt} />
      </p>
      <button type="button" onClick={retry}>
        Try now
      </button>
    </div>
  );
}

/** Not read aloud each second. */
function Countdown({ until }: { readonly until: number }): ReactElement {
  const [now, setNow] = useState(() => Date.now());
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), 1_000);
    return () => clearInterval(timer);
  }, []);
  const seconds = Math.max(0, Math.ceil((until - now) / 1_000));
  return <span aria-live="off">The next try is in {seconds} s.</span>;
}

const endings = { ended: 'has ended', stopped: 'was stopped', failed: 'has failed' } as const;

function EndNotice(): ReactElement | undefined {
  const ending = useModel((model) => model.ending);
  const isReplay = useModel(({ hello }) => hello?.replayOf !== undefined);
  if (ending === undefined) return undefined;
  const { reason, atMs, message } = ending;
  return (
    <div className="banner" data-tone={reason === 'failed' ? 'failed' : 'plain'} role="status">
      <Icon name={reason === 'failed' ? 'lost' : 'ended'} />
      <p>
        <strong>
          The {isReplay ? 'replay' : 'run'} {endings[reason]} after {clockText(Math.round(atMs / 1_000))}.
        </strong>{' '}
        {message === undefined ? '' : `${message} `}
        This is its last picture.{isReplay ? ' Under Replay is every step of the recording.' : ''}
      </p>
    </div>
  );
}

function FrozenNotice(): ReactElement | undefined {
  const [{ isFrozen }, go] = useUrl();
  const seconds = useModel(({ figures }) => Math.floor((figures?.now.elapsedMs ?? 0) / 1_000));
  if (!isFrozen) return undefined;
  return (
    <div className="banner" data-tone="accent" role="status">
      <Icon name="freeze" />
      <p>
        <strong>The view is frozen at {clockText(seconds)}.</strong> The run goes on.
      </p>
      <button type="button" onClick={() => go({ isFrozen: false })}>
        Show what is now
      </button>
    </div>
  );
}

function LossNotice(): ReactElement | undefined {
  const lost = useModel(({ figures }) => figures?.lost ?? 0);
  if (lost === 0) return undefined;
  return (
    <p className="note" role="status">
      This page was too slow for {lost} updates: they were left out. The run was not held up.
    </p>
  );
}
