import type {
  Command,
  Reading,
  ServerMessage,
  SpanWire,
  TapWish,
  WatchMessage,
} from '@troupe/core/telemetry';
import {
  edgeColumns,
  encodeMessage,
  protocolVersion,
  stageColumns,
  workerColumns,
} from '@troupe/core/telemetry';
import { readClientMessage } from './client-message.ts';
import { Commands } from './commands.ts';
import type { Line } from './line.ts';
import { closeCode, Outbox } from './line.ts';
import type { SessionParts } from './parts.ts';
import { ChangedRows } from './rows.ts';
import { Taps } from './taps.ts';

const nothing: WatchMessage = {
  type: 'watch',
  statsMs: 0,
  details: [],
  taps: [],
  census: false,
  trace: false,
};
/** A tick comes a little early or late; a page that wants every second one is not to get every third. */
const earlyMs = 20;

/** One page: what it wants to see, and what it has got. */
export class Session {
  readonly #parts: SessionParts;
  readonly #line: Line;
  readonly #outbox: Outbox;
  readonly #commands: Commands;
  readonly #taps: Taps;
  readonly #stages = new ChangedRows(stageColumns.length);
  readonly #edges = new ChangedRows(edgeColumns.length);
  readonly #workers = new ChangedRows(workerColumns.length);
  #watch = nothing;
  #statsAtMs = -Infinity;
  #nextHappening = 0;
  #debug: Uint8Array | undefined;
  #endTrace: (() => void) | undefined;
  /** Spans that this page was too slow for. */
  #spansLost = 0;
  #isEnded = false;

  constructor(line: Line, parts: SessionParts) {
    this.#parts = parts;
    this.#line = line;
    this.#outbox = new Outbox(line, parts.bounds);
    this.#commands = new Commands(parts, (message) => this.#send(message));
    this.#taps = new Taps(parts, this.#outbox, (message) => this.#send(message));
  }

  get watch(): WatchMessage {
    return this.#watch;
  }

  greet(graph: Uint8Array): void {
    const { telemetry, hasControl, recordings } = this.#parts;
    this.#send({
      type: 'hello',
      version: protocolVersion,
      process: { pid: process.pid, node: process.versions.node, platform: process.platform },
      hasControl,
      epochMs: telemetry.epochMs,
      recordings: [...new Set([...recordings, ...telemetry.recordings])],
      replayOf: telemetry.replayOf,
    });
    this.#outbox.sendBytes(graph);
  }

  /** Takes a message of the page; one that is none of the protocol ends the connection. */
  receive(bytes: Uint8Array): void {
    if (this.#isEnded) return;
    const message = readClientMessage(bytes);
    if (typeof message === 'string') this.close(closeCode.policy, message);
    else if (message.type === 'watch') this.#setWatch(message);
    else void this.#answer(message.request, message.command);
  }

  offer(bytes: () => Uint8Array): void {
    this.#outbox.offer(bytes);
  }

  /** `debug`: another array once something has changed. */
  sendDebug(debug: Uint8Array): void {
    if (debug === this.#debug || this.#outbox.isFull) return;
    this.#debug = debug;
    this.#outbox.sendBytes(debug);
  }

  look(nowMs: number): void {
    this.#outbox.look(nowMs);
  }

  isStatsDue(nowMs: number): boolean {
    const { statsMs } = this.#watch;
    return statsMs > 0 && nowMs - this.#statsAtMs >= statsMs - earlyMs;
  }

  /** What has changed since this page got figures last; a page that is too slow gets it later. */
  sendStats(reading: Reading, nowMs: number): void {
    if (this.#watch.statsMs === 0) return;
    this.#statsAtMs = nowMs;
    this.#outbox.offer(() =>
      encodeMessage({
        type: 'stats',
        elapsedMs: reading.elapsedMs,
        stages: this.#stages.of(reading.stages),
        edges: this.#edges.of(reading.edges),
        workers: this.#workers.of(reading.workers),
        mode: reading.mode,
        events: reading.events,
        resources: reading.resources,
        lost: this.#outbox.lost,
      }),
    );
  }

  /** `happened`: the number of the next one. What a slow page has not got yet waits with the run. */
  sendHappenings(happened: number): void {
    if (this.#nextHappening >= happened || this.#outbox.isFull) return;
    const { telemetry, limits } = this.#parts;
    const happenings = telemetry.happenings(this.#nextHappening, limits);
    const missed = (happenings[0]?.id ?? happened) - this.#nextHappening;
    this.#nextHappening = happened;
    this.#send({ type: 'happenings', happenings, missed });
  }

  /** Says why, and is at an end. */
  close(code: number, reason: string): void {
    this.end();
    this.#line.close(code, reason);
  }

  /** Gives back what it holds. The second call does nothing. */
  end(): void {
    if (this.#isEnded) return;
    this.#isEnded = true;
    this.#watch = nothing;
    this.#taps.set([]);
    this.#endTrace?.();
    this.#endTrace = undefined;
    void this.#commands.end();
  }

  #setWatch(watch: WatchMessage): void {
    if (watch.statsMs !== this.#watch.statsMs) this.#statsAtMs = -Infinity;
    this.#watch = watch;
    this.#taps.set(byEdge(watch.taps));
    if (watch.trace)
      this.#endTrace ??= this.#parts.trace.take((spans, missed) => this.#sendSpans(spans, missed));
    else {
      this.#endTrace?.();
      this.#endTrace = undefined;
    }
  }

  async #answer(request: number, command: Command): Promise<void> {
    const { error, result } = await this.#commands.perform(command);
    this.#send({ type: 'reply', request, error, result });
  }

  #sendSpans(spans: readonly SpanWire[], missed: number): void {
    const all = missed + this.#spansLost;
    const isSent = this.#outbox.offer(() => encodeMessage({ type: 'trace', spans, missed: all }));
    this.#spansLost = isSent ? 0 : all + spans.length;
  }

  #send(message: ServerMessage): void {
    if (!this.#isEnded) this.#outbox.send(message);
  }
}

/** One tap of each edge: the last that was named. */
function byEdge(taps: readonly TapWish[]): readonly TapWish[] {
  return [...new Map(taps.map((tap) => [tap.edge, tap])).values()];
}
