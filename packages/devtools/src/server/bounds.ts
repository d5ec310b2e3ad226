/** What a server takes and keeps. docs/protocol.md lists the figures; tests make some of them smaller. */
export interface Bounds {
  /** TCP connections. */
  readonly socketsMax: number;
  readonly pagesMax: number;
  /** Sessions that are known; the oldest one is forgotten. */
  readonly sessionsMax: number;
  /** Attempts to get a session: so many at once, and so many a second. */
  readonly attempts: Rate;
  /** Messages (and pings) of a page. */
  readonly messages: Rate;
  /** Commands of a page that have not been answered. */
  readonly commandsMax: number;
  /** Taps of all pages. */
  readonly tapsMax: number;
  readonly tapBytesPerSecondMax: number;
  /** Replays of all pages. */
  readonly replaysMax: number;
  /** Bytes that wait for a page; while there are more, it gets nothing but what it has asked for. */
  readonly waitingBytesMax: number;
  /** With more than that the connection is closed. */
  readonly waitingBytesEnd: number;
  /** A page that has had too much waiting for so long, or has not answered a ping, is closed. */
  readonly silenceMsMax: number;
  readonly pingMs: number;
  /** From the first byte of a request to the last of its headers. */
  readonly headersMsMax: number;
  readonly requestMsMax: number;
  /** From the wish to close a connection until it is cut off. */
  readonly closingMsMax: number;
}

export interface Rate {
  readonly burst: number;
  readonly perSecond: number;
}

export const usualBounds: Bounds = {
  socketsMax: 128,
  pagesMax: 16,
  sessionsMax: 64,
  attempts: { burst: 20, perSecond: 1 },
  messages: { burst: 200, perSecond: 50 },
  commandsMax: 32,
  tapsMax: 64,
  tapBytesPerSecondMax: 4 * 1_048_576,
  replaysMax: 2,
  waitingBytesMax: 262_144,
  waitingBytesEnd: 64 * 1_048_576,
  silenceMsMax: 30_000,
  pingMs: 10_000,
  headersMsMax: 5_000,
  requestMsMax: 10_000,
  closingMsMax: 1_000,
};
