import type { DebugWire, GraphWire, ServerMessage } from '@troupe/core/telemetry';
import { protocolVersion } from '@troupe/core/telemetry';
import type { Figures } from './figures.ts';
import { withStats } from './figures.ts';
import type { Lints } from './lints.ts';
import { noLints, withFigures } from './lints.ts';
import type { Trends } from './trends.ts';
import { noTrends, withPoint } from './trends.ts';
import type { Watched } from './watched.ts';
import { nothingWatched, withWatched } from './watched.ts';

/** How the page is connected to the process. */
export type Link =
  | { readonly state: 'connecting' }
  | { readonly state: 'open' }
  /** Lost, and tried again at `retryAt` (milliseconds since 1970). */
  | { readonly state: 'lost'; readonly why: string; readonly tries: number; readonly retryAt: number }
  /** Not tried again: `why` says what to do. */
  | { readonly state: 'refused'; readonly why: string };

/** Everything that the page shows. A part that has not changed is the same object as before. */
export interface Model {
  readonly link: Link;
  readonly hello: Extract<ServerMessage, { type: 'hello' }> | undefined;
  readonly graph: GraphWire | undefined;
  readonly figures: Figures | undefined;
  readonly debug: DebugWire;
  readonly lints: Lints;
  readonly trends: Trends;
  readonly watched: Watched;
  /** How the run ended, if it has. */
  readonly ending: Ending | undefined;
}

export interface Ending {
  readonly reason: 'ended' | 'stopped' | 'failed';
  readonly atMs: number;
  /** Why it failed. */
  readonly message: string | undefined;
}

export const emptyModel: Model = {
  link: { state: 'connecting' },
  hello: undefined,
  graph: undefined,
  figures: undefined,
  debug: { held: [], isAllHeld: false, breakpoints: [], hit: undefined },
  lints: noLints,
  trends: noTrends,
  watched: nothingWatched(),
  ending: undefined,
};

/** The model after a message of the process. Replies to commands change nothing here. */
export function reduce(model: Model, message: ServerMessage): Model {
  const next = withNews(model, message);
  const watched = withWatched(next.watched, message);
  return watched === next.watched ? next : { ...next, watched };
}

function withNews(model: Model, message: ServerMessage): Model {
  switch (message.type) {
    case 'hello':
      return withHello(model, message);
    case 'graph':
      return { ...model, graph: message.graph };
    case 'stats':
      return withTrends(withLints({ ...model, figures: withStats(model.figures, message) }));
    case 'debug':
      return { ...model, debug: message.debug };
    case 'happenings': {
      const end = message.happenings.findLast((happening) => happening.type === 'end');
      if (end === undefined) return model;
      return { ...model, ending: { reason: end.reason, atMs: end.atMs, message: end.error?.message } };
    }
    default:
      return model;
  }
}

function withLints(model: Model): Model {
  const { graph, figures, lints, debug } = model;
  if (graph === undefined || figures === undefined) return model;
  return { ...model, lints: withFigures(lints, graph, figures, debug) };
}

function withTrends(model: Model): Model {
  const { graph, figures, trends } = model;
  if (graph === undefined || figures === undefined) return model;
  return { ...model, trends: withPoint(trends, figures.now, graph.stages.length) };
}

/** A new connection tells everything anew; where it leads to another run, nothing of the old one stays. */
function withHello(model: Model, hello: NonNullable<Model['hello']>): Model {
  if (hello.version !== protocolVersion) {
    const why =
      `The process speaks version ${hello.version} of the protocol, this page ${protocolVersion}. ` +
      'Reload the page; where that does not help, build it anew.';
    return { ...model, hello, link: { state: 'refused', why } };
  }
  const isSame = model.hello?.epochMs === hello.epochMs && model.hello.process.pid === hello.process.pid;
  return {
    ...(isSame ? model : { ...emptyModel, watched: nothingWatched() }),
    hello,
    link: { state: 'open' },
  };
}
