import type { Ground } from '../../run/world.ts';
import type { AnyStage } from '../../stage.ts';
import type { Noise } from './noise.ts';
import type { SimulatedThread } from './simulated-thread.ts';
import type { Trace } from './trace.ts';

export interface SimulationParts {
  readonly noise: Noise;
  readonly trace: Trace;
  readonly stageOf: (name: string) => AnyStage;
  /** Everything is known about the run, and nothing has begun. */
  readonly onBegin: (ground: Ground) => void;
  /** The thread of these actors is gone. */
  readonly onLost: (worker: number) => void;
  /** Before a worker makes a pass: whether its thread ends there. */
  readonly isKilled: (thread: SimulatedThread) => boolean;
}

/** A thread that has ended, or is stuck, inside a handler: what it had done by then, and nothing else. */
export interface Death {
  readonly thread: SimulatedThread;
  readonly isStuck: boolean;
  readonly restore: () => void;
}
