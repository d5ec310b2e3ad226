import type { ValueWire } from './wire-values.ts';

export interface GraphWire {
  readonly name: string;
  readonly clock: 'realtime' | 'paced' | 'fast';
  readonly stages: readonly StageWire[];
  readonly edges: readonly EdgeWire[];
  readonly workers: readonly WorkerWire[];
  readonly runners: readonly RunnerWire[];
  readonly events: readonly string[];
  readonly resources: readonly { readonly name: string; readonly capacity: number }[];
  readonly latches: readonly string[];
  readonly modes: ModesWire;
  readonly warnings: readonly string[];
  /** Lower bounds of the buckets of all histograms, nanoseconds; each ends where the next one begins. */
  readonly bucketsNs: Float64Array;
}

export interface StageWire {
  readonly index: number;
  readonly name: string;
  /** Name of the stage's definition. */
  readonly stage: string;
  readonly module: string | undefined;
  /** 0 is the main thread. */
  readonly worker: number;
  readonly io: boolean;
  readonly tags: readonly string[];
  readonly inputs: readonly PortWire[];
  readonly outputs: readonly PortWire[];
  readonly options: ValueWire;
  readonly tick: TickWire | undefined;
  readonly supervision: string;
  /** The modes in which it runs; in all of them unless given. */
  readonly activeIn: readonly string[] | undefined;
  readonly whileInactive: 'drop' | 'hold' | 'latest';
  readonly events: readonly string[];
  /** The event that it runs by. */
  readonly control: { readonly form: 'switchable' | 'toggleable'; readonly event: string } | undefined;
  readonly resources: readonly string[];
  readonly latches: readonly string[];
}

export interface PortWire {
  readonly name: string;
  readonly kind: 'frame' | 'message';
  readonly dtype: string | undefined;
  readonly shape: readonly number[] | undefined;
}

export interface TickWire {
  /** The runner's name: the stage's own, or one that it shares. */
  readonly runner: string;
  /** 0: with every step. */
  readonly hz: number;
  readonly phase: string;
  readonly priority: number;
  readonly budgetNs: number | undefined;
}

/** An end is a stage's port, or the application's side of a boundary. */
export type EndWire =
  | { readonly kind: 'stage'; readonly stage: number; readonly port: string }
  | { readonly kind: 'boundary'; readonly name: string };

export interface EdgeWire {
  readonly index: number;
  readonly from: EndWire;
  readonly to: EndWire;
  readonly kind: 'frame' | 'message';
  readonly transport: 'ring' | 'fused' | 'local';
  readonly overflow: 'block' | 'latest' | 'dropOldest' | 'dropNewest' | 'error';
  readonly back: boolean;
}

export interface WorkerWire {
  readonly index: number;
  readonly role: 'main' | 'compute' | 'io';
}

export interface RunnerWire {
  readonly name: string;
  readonly hz: number;
}

/** The statechart of the modes, flat: only the machine's top-level states are modes. */
export interface ModesWire {
  readonly initial: string;
  readonly names: readonly string[];
  readonly transitions: readonly {
    readonly from: string;
    readonly to: string;
    /** The machine's event, and the rule that guards it. */
    readonly event: string;
    readonly rule: string | undefined;
    /** It leads nowhere: whoever asks is told the rule. */
    readonly isRefused: boolean;
  }[];
}
