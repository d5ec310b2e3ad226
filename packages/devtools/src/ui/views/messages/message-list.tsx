import type { ReactElement } from 'react';
import { useMemo } from 'react';
import type { TappedMessage } from '../../../model/messages.ts';
import { clockTime, count } from '../../../model/units.ts';
import { previewOf } from '../../../model/value-tree.ts';
import { ListBox } from '../../parts/list-box.tsx';

const rowPx = 22;

interface MessageListProps {
  readonly messages: readonly TappedMessage[];
  readonly selected: number;
  /** The newest is shown, whichever it is. */
  readonly isLive: boolean;
  /** `undefined`: the newest. */
  readonly onSelect: (key: number | undefined) => void;
}

/** What came over the tap, newest first. */
export function MessageList({ messages, selected, isLive, onSelect }: MessageListProps): ReactElement {
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
