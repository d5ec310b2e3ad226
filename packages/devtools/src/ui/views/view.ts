import type { ComponentType } from 'react';
import type { ViewName } from '../../model/place.ts';
import { GraphView } from './graph/graph-view.tsx';
import { StageTable } from './graph/stage-table.tsx';
import { LogView } from './log/log-view.tsx';
import { MessagesView } from './messages/messages-view.tsx';
import { ModesView } from './modes/modes-view.tsx';
import { ReplayView } from './replay/replay-view.tsx';
import { ThreadsView } from './threads/threads-view.tsx';
import { TimelineView } from './timeline/timeline-view.tsx';

export interface View {
  readonly title: string;
  /** After `g`. */
  readonly key: string;
  readonly Body: ComponentType;
  /** It shows the moment of a recording that a person went back to, in place of the run. */
  readonly showsMoments?: true;
}

/** The views, in the order in which they are offered. */
export const views: Readonly<Record<ViewName, View>> = {
  graph: { title: 'Graph', key: 'g', Body: GraphView, showsMoments: true },
  stages: { title: 'Stages', key: 's', Body: StageTable, showsMoments: true },
  messages: { title: 'Messages', key: 'm', Body: MessagesView },
  modes: { title: 'Modes', key: 'o', Body: ModesView },
  timeline: { title: 'Timeline', key: 't', Body: TimelineView },
  threads: { title: 'Threads', key: 'h', Body: ThreadsView },
  log: { title: 'Log', key: 'l', Body: LogView },
  replay: { title: 'Replay', key: 'r', Body: ReplayView },
};
