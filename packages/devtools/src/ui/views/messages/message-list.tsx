import type { ReactElement } from 'react';
import { useMemo } from 'react';
import type { TappedMessage } from '../../../model/messages.ts';
import { latencyOf } from '../../../model/latency.ts';
import { clockTime, count } from '../../../model/units.ts';
import { previewOf } from '../../../model/value-tree.ts';
import { useWindow } from '../../parts/use-window.ts';

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
  const { ref, first, end, before, after, onScroll, reveal } = useWindow<HTMLDivElement>(shown.length, rowPx);
  const at = shown.findIndex(({ key }) => key === selected);
  const move = (step: number): void => {
    const next = Math.max(0, Math.min(shown.length - 1, at + step));
    onSelect(shown[next]?.key);
    reveal(next);
  };
  return (
    <div className="message-list">
      <button type="button" aria-pressed={isLive} onClick={() => onSelect(isLive ? selected : undefined)}>
        {isLive ? 'Showing the newest' : 'Show the newest'}
      </button>
      <div
        ref={ref}
        className="message-rows"
        role="listbox"
        aria-label="Messages, newest first"
        tabIndex={0}
        aria-activedescendant={`message-${selected}`}
        onScroll={onScroll}
        onKeyDown={(event) => {
          if (event.key !== 'ArrowDown' && event.key !== 'ArrowUp') return;
          event.preventDefault();
          event.stopPropagation();
          move(event.key === 'ArrowDown' ? 1 : -1);
        }}
      >
        <div role="presentation" style={{ height: before }} />
        {shown.slice(first, end).map(({ key, message }) => (
          <div
            key={key}
            id={`message-${key}`}
            role="option"
            className="message-row"
            aria-selected={key === selected}
            onClick={() => onSelect(key)}
          >
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
          </div>
        ))}
        <div role="presentation" style={{ height: after }} />
      </div>
    </div>
  );
}
