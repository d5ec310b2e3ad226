import type { ServerMessage } from '@troupe/core/telemetry';
import { encodeMessage } from '@troupe/core/telemetry';
import type { Line } from './line.ts';
import { closeCode } from './line.ts';
import type { HubParts } from './parts.ts';
import { Session } from './session.ts';
import { TraceFeed } from './trace-feed.ts';

/** How often the pages are looked after: no page gets anything more often. */
export const tickMs = 100;
const slowMs = 1_000;

/** All pages of one run. What several of them watch is read, and encoded, once. */
export class Hub {
  readonly #parts: HubParts;
  readonly #sessions = new Set<Session>();
  readonly trace: TraceFeed;
  readonly #graph: Uint8Array;
  readonly #counts = { taps: 0, replays: 0 };
  #debug: Uint8Array = new Uint8Array(0);
  #slowAtMs = -Infinity;
  #isCounting = false;

  constructor(parts: HubParts) {
    this.#parts = parts;
    this.trace = new TraceFeed(parts.telemetry);
    this.#graph = encodeMessage({ type: 'graph', graph: parts.telemetry.graph(parts.limits) });
  }

  get pages(): number {
    return this.#sessions.size;
  }

  /** A page has come; it is greeted. */
  join(line: Line): Session {
    const session = new Session(line, { ...this.#parts, trace: this.trace, counts: this.#counts });
    this.#sessions.add(session);
    session.greet(this.#graph);
    session.sendDebug(this.#readDebug());
    return session;
  }

  leave(session: Session): void {
    this.#sessions.delete(session);
    session.end();
  }

  /** Sends what is due. Called every `tickMs`. Whatever goes wrong ends the pages, not the run. */
  tick(nowMs: number): void {
    if (this.#sessions.size === 0) return;
    try {
      this.#sendDue(nowMs);
    } catch (error) {
      this.close(closeCode.failed, `nothing can be told: ${String(error)}`);
    }
  }

  #sendDue(nowMs: number): void {
    for (const session of this.#sessions) session.look(nowMs);
    this.#sendStats(nowMs);
    this.#sendHappenings();
    this.#sendDebug();
    this.trace.tick();
    if (nowMs - this.#slowAtMs < slowMs) return;
    this.#slowAtMs = nowMs;
    this.#sendLatencies();
    this.#sendDetails();
    this.#sendCensus();
  }

  /** The last that there is to say, when the run is over. */
  finish(): void {
    const reading = this.#parts.telemetry.read();
    for (const session of this.#sessions) session.sendStats(reading, Infinity);
    this.#sendHappenings();
    this.#sendDetails();
  }

  close(code: number, reason: string): void {
    for (const session of this.#sessions) {
      session.close(code, reason);
      this.leave(session);
    }
  }

  #sendStats(nowMs: number): void {
    let reading;
    for (const session of this.#sessions) {
      if (!session.isStatsDue(nowMs)) continue;
      reading ??= this.#parts.telemetry.read();
      session.sendStats(reading, nowMs);
    }
  }

  #sendHappenings(): void {
    const { happened } = this.#parts.telemetry;
    for (const session of this.#sessions) session.sendHappenings(happened);
  }

  #sendDebug(): void {
    const debug = this.#readDebug();
    for (const session of this.#sessions) session.sendDebug(debug);
  }

  /** The same array as before while nothing has changed. */
  #readDebug(): Uint8Array {
    const bytes = encodeMessage({ type: 'debug', debug: this.#parts.telemetry.debug() });
    if (Buffer.compare(this.#debug, bytes) !== 0) this.#debug = bytes;
    return this.#debug;
  }

  #sendLatencies(): void {
    this.#sendOnce(
      ({ watch }) => watch.statsMs > 0,
      () => ({ type: 'latencies', ...this.#parts.telemetry.latencies() }),
    );
  }

  #sendDetails(): void {
    const { telemetry, limits } = this.#parts;
    const { elapsedMs } = telemetry.read();
    const wanted = new Set([...this.#sessions].flatMap(({ watch }) => watch.details));
    for (const stage of wanted) {
      const detail = telemetry.detail(stage, limits);
      if (detail === undefined) continue;
      this.#sendOnce(
        ({ watch }) => watch.details.includes(stage),
        () => ({ type: 'detail', elapsedMs, detail }),
      );
    }
  }

  /** Threads take a while to answer; one question is under way at a time. */
  #sendCensus(): void {
    const isWanted = ({ watch }: Session): boolean => watch.census;
    if (this.#isCounting || ![...this.#sessions].some(isWanted)) return;
    this.#isCounting = true;
    const { telemetry } = this.#parts;
    telemetry
      .census()
      .then((threads) => {
        const { elapsedMs } = telemetry.read();
        this.#sendOnce(isWanted, () => ({ type: 'census', elapsedMs, threads }));
      })
      // A run that ends meanwhile has no threads left to count.
      .catch(() => undefined)
      .finally(() => {
        this.#isCounting = false;
      });
  }

  /** The same bytes for all pages that want a message. */
  #sendOnce(isWanted: (session: Session) => boolean, message: () => ServerMessage): void {
    let bytes: Uint8Array | undefined;
    for (const session of this.#sessions) {
      if (isWanted(session)) session.offer(() => (bytes ??= encodeMessage(message())));
    }
  }
}
