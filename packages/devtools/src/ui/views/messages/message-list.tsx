import type { ReactElement } from 'react';
import { useMemo } from 'react';
import type { TappedMessage } from '../../../model/messages.ts';
import { latencyOf } from '../../../model/latency.ts';
import { clockTime, count } from '../../../model/units.ts';
import { previewOf } from '../../../model/value-tree.ts';
import { ListBox } from '../../parts/list-box.tsx';

const rowPx = 22;

interface MessageListProps {
  readonly messages: readonly TappedMessage[];
  readonly selected: number;
  /** Whether the run's clock has latencies to tell. */
  readonly hasLatency: boolean;
  /** The newest is shown, whichever it is. */
  readonly isLive: boolean;
  /** `undefined`: the newest. */
  readonly onSelect: (key: number | undefined) => void;
}

/** What came over the tap, newest first. */
export function MessageList(props: MessageListProps): ReactElement {
  const { messages, selected, hasLatency, isLive, onSelect } = props;
  const shown = useMemo(() => messages.toReversed(), [messages]);
  return (
    <div className="message-list">
      <button type="button" aria-pressed={isLive} onClick={() => onSelect(isLive ? selected : undefined)}>
        {isLive ? 'Showing the newest' : 'Show the newest'}
      </button>
      <ListBox
        label="Messages, newest first"
        className="message-rows"
        items={shown}
        rowPx={rowPx}
        selected={selected}
        onSelect={({ key }) => onSelect(key)}
        keyOf={({ key }) => key}
        rowClass={() => 'message-row'}
      >
        {({ message }) => (
          <>
            <span className="message-seq">{count(message.seq)}</span>
            <time>{clockTime(message.timeNs / 1e6)}</time>
            {hasLatency ? (
              <span className="message-latency" title="Latency so far">
                {latencyOf(message)}
              </span>
            ) : undefined}
            <span className="message-line">
              {message.redelivered ? 'again: ' : ''}
              {message.resent ? 'sent again: ' : ''}
              {previewOf(message.payload)}
            </span>
          </>
        )}
      </ListBox>
    </div>
  );
}
