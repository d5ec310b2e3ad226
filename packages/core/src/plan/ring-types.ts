import type { Dtype } from '@troupe/mailbox';
import type { EdgeEnd, WorkerIndex } from './types.ts';

interface RingPlanBase {
  readonly index: number;
  /** Who writes it. */
  readonly writer: EdgeEnd;
  readonly writerWorker: WorkerIndex;
  /** The largest capacity of its edges. */
  readonly capacity: number;
  /** A power of two ≥ capacity; twice that where an edge is `latest` or `dropOldest`. */
  readonly slots: number;
  readonly readersMax: number;
  /** Edges that read it; their position here is their reader place. */
  readonly edges: readonly number[];
}

export interface FrameRingPlan extends RingPlanBase {
  readonly kind: 'frame';
  readonly dtype: Dtype;
  readonly shape: readonly number[];
}

export interface MessageRingPlan extends RingPlanBase {
  readonly kind: 'message';
  /** The most bytes of one message. */
  readonly bytesMax: number;
  /** Bytes of the arena that the messages lie in. */
  readonly arenaBytes: number;
}

/**
 * One output port produces one shared frame ring for its block, latest and dropOldest edges, and one ring for
 * each other edge.
 */
export type RingPlan = FrameRingPlan | MessageRingPlan;
