import inspector from 'node:inspector';
import { ActorLedger } from '../executor/ledger.ts';
import type { ThreadTime, Timer } from '../executor/thread-time.ts';
import type { Plan } from '../plan/types.ts';

const intervalMsMax = 250;

interface Watched {
  readonly actor: number;
  readonly worker: number;
  readonly limitMs: number;
  readonly ledger: ActorLedger;
  calls: number;
  position: number;
  sinceMs: number;
}

/**
 * Notices handlers that do not return: looks at what each pooled actor has in hand, and reports one that has
 * had the same thing in hand at two looks at least its limit apart. Off while an inspector is attached.
 */
export class Watchdog {
  readonly #watched: Watched[];
  readonly #report: (worker: number, actor: number, limitMs: number) => void;
  #timer: Timer | undefined;
  readonly #time: ThreadTime;

  constructor(
    plan: Plan,
    ledger: SharedArrayBuffer,
    time: ThreadTime,
    report: (worker: number, actor: number, limitMs: number) => void,
  ) {
    this.#time = time;
    this.#report = report;
    this.#watched = plan.actors
      .filter(({ worker, supervision }) => worker > 0 && supervision.watchdogMs > 0)
      .map(({ index, worker, supervision }) => ({
        actor: index,
        worker,
        limitMs: supervision.watchdogMs,
        ledger: new ActorLedger(ledger, index),
        calls: -1,
        position: 0,
        sinceMs: 0,
      }));
  }

  start(): void {
    if (this.#watched.length === 0) return;
    const intervalMs = Math.min(
      intervalMsMax,
      ...this.#watched.map(({ limitMs }) => Math.max(1, limitMs / 4)),
    );
    this.#timer = this.#time.every(intervalMs, () => this.#look());
  }

  stop(): void {
    this.#timer?.cancel();
  }

  #look(): void {
    if (inspector.url() !== undefined) return;
    const nowMs = this.#time.nowMs();
    for (const watched of this.#watched) {
      const { isRunning, calls, position } = watched.ledger.read();
      if (!isRunning) watched.calls = -1;
      else if (calls !== watched.calls || position !== watched.position) {
        watched.calls = calls;
        watched.position = position;
        watched.sinceMs = nowMs;
      } else if (nowMs - watched.sinceMs >= watched.limitMs) {
        watched.calls = -1;
        this.#report(watched.worker, watched.actor, watched.limitMs);
      }
    }
  }
}
