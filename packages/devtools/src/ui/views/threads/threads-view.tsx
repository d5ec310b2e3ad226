import type { ThreadWire } from '@troupe/core/telemetry';
import type { ReactElement } from 'react';
import { cpuShareOf } from '../../../model/census.ts';
import { bytes, clockTime, digits, percent } from '../../../model/units.ts';
import { useModel, useUrl, useWish } from '../../page.tsx';
import './threads.css';

const roles: Readonly<Record<ThreadWire['role'], string>> = {
  main: 'Main thread',
  compute: 'Compute',
  io: 'I/O',
};

/** Every thread of the process that runs stages, once a second. */
export function ThreadsView(): ReactElement {
  useWish({ census: true });
  const census = useModel(({ watched }) => watched.census);
  return (
    <section className="view" aria-label="Threads">
      <div className="view-head">
        <h2>Threads</h2>
        <p className="quiet">
          {census === undefined
            ? 'Waiting for the first census.'
            : `${census.threads.length} threads at ${clockTime(census.elapsedMs)}, counted once a second.`}
        </p>
      </div>
      <div className="scrolls" tabIndex={0} role="region" aria-label="Table of threads">
        <table className="threads">
          <thead>
            <tr>
              <th scope="col">Thread</th>
              <th scope="col">Role</th>
              <th scope="col">Owner</th>
              <th scope="col" className="number">
                CPU
              </th>
              <th scope="col" className="number">
                CPU in all
              </th>
              <th scope="col" className="number">
                Heap
              </th>
              <th scope="col" className="number">
                Loop delay p50
              </th>
              <th scope="col" className="number">
                p99
              </th>
              <th scope="col">Stages</th>
            </tr>
          </thead>
          <tbody>
            {census?.threads.map((thread) => (
              <ThreadRow key={thread.threadId} thread={thread} share={cpuShareOf(census, thread)} />
            ))}
          </tbody>
        </table>
      </div>
      <p className="quiet view-foot">
        A compute worker sleeps in one piece until there is something to do: it has no event loop to be
        delayed.
      </p>
    </section>
  );
}

interface ThreadRowProps {
  readonly thread: ThreadWire;
  /** Of one core, over the last seconds. */
  readonly share: number | undefined;
}

function ThreadRow({ thread, share }: ThreadRowProps): ReactElement {
  const { threadId, role, owner, cpuMs, heapUsed, heapTotal, loopDelayP50Ms, loopDelayP99Ms, stages } =
    thread;
  const [, go] = useUrl();
  return (
    <tr>
      <th scope="row">{threadId}</th>
      <td>{roles[role]}</td>
      <td>{owner === 'pool' ? <span className="quiet">idle in the pool</span> : owner}</td>
      <td className="number">
        {share === undefined ? '–' : percent(share)}
        <meter min={0} max={1} value={share ?? 0} aria-label={`CPU of thread ${threadId}`} />
      </td>
      <td className="number">
        {digits(cpuMs / 1_000)}
        <span className="unit"> s</span>
      </td>
      <td className="number">
        {heapUsed === undefined ? '–' : bytes(heapUsed)}
        {heapTotal === undefined ? '' : <span className="unit"> / {bytes(heapTotal)}</span>}
      </td>
      <td className="number">{delay(loopDelayP50Ms)}</td>
      <td className="number">{delay(loopDelayP99Ms)}</td>
      <td className="thread-stages">
        {stages.map((name) => (
          <button key={name} type="button" className="link" onClick={() => go({ stage: name })}>
            {name}
          </button>
        ))}
      </td>
    </tr>
  );
}

function delay(ms: number | undefined): ReactElement | string {
  if (ms === undefined) return '–';
  return (
    <>
      {digits(ms)}
      <span className="unit"> ms</span>
    </>
  );
}
