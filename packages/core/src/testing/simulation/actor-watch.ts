import type { ActorPlan } from '../../plan/types.ts';
import type { SimulatedThread } from './simulated-thread.ts';
import type { CallFault } from './faults.ts';
import { keyOf } from './faults.ts';

/** What a simulation knows of one actor, whoever its thread is. */
export class ActorWatch {
  readonly plan: ActorPlan;
  readonly key: number;
  /** Calls so far, of all its instances. */
  calls = 0;
  ticks = 0;
  /** A call has begun and not ended. */
  isIn = false;
  /** The thread of that call. */
  thread: SimulatedThread | undefined;
  /** The edge and the number of its input; -1: none. */
  edge = -1;
  seq = -1;
  fault: CallFault | undefined;

  constructor(plan: ActorPlan) {
    this.plan = plan;
    this.key = keyOf(plan.name);
  }
}

/** What has become of the messages of one edge. */
export class EdgeWatch {
  /** The newest that was handed over; -1: none. */
  last = -1;
  /** The handler has thrown: the same is handed over again. */
  isRetried = false;
  /** The reader's thread has ended: what it had not released is handed over again. */
  mayGoBack = false;
  /** The newest that has been handled, or given up. */
  max = -1;
  /** How many have. */
  done = 0;
  /** Those below `max` that have not. */
  readonly missing: Set<number> = new Set();
  /** Whether messages may be lost on it, for a reason that is counted. */
  isLossy = false;
  /** Its reader has been switched: for a while its writer may not know that it blocks again. */
  isSwitched = false;
  /** A thread of its reader has died. */
  hasLost = false;

  /** Whether a message may be handed over now. */
  admits(seq: number, isRepeated: boolean): boolean {
    const isNew = seq > this.last;
    const mayRepeat = isRepeated || this.mayGoBack || (seq === this.last && this.isRetried);
    if (!isNew) this.mayGoBack = false;
    this.isRetried = false;
    this.last = seq;
    return isNew || mayRepeat;
  }

  /** A message has been handled, or given up. */
  close(seq: number): void {
    if (seq > this.max) {
      for (let between = this.max + 1; between < seq; between++) this.missing.add(between);
      this.max = seq;
      this.done++;
    } else if (this.missing.delete(seq)) this.done++;
  }

  /** Both ends have ended with their thread, and what was between them. */
  forget(): void {
    this.last = -1;
  }
}
