/** What can be wrong with a declaration. Stable: tests and programs match on it. */
export type PlanErrorCode =
  | 'EMPTY_GRAPH'
  /** A graph, stage, port, boundary or group name that is empty or has characters it must not have. */
  | 'BAD_NAME'
  | 'DUPLICATE_STAGE'
  | 'DUPLICATE_BOUNDARY'
  /** Not made by `defineStage`, or without `create`. */
  | 'NOT_A_STAGE'
  /** Two stages share module and name: a worker could not tell which one to import. */
  | 'AMBIGUOUS_STAGE'
  | 'BAD_MODULE'
  /** Placed on a worker, but without a module that the worker could import. */
  | 'NO_MODULE'
  | 'BAD_SCHEMA'
  | 'ASYNC_SCHEMA'
  | 'BAD_OPTIONS'
  | 'UNEXPECTED_OPTIONS'
  /** Options that cannot be sent to a worker. */
  | 'NOT_CLONEABLE'
  | 'BAD_PORTS'
  | 'BAD_DTYPE'
  | 'BAD_SHAPE'
  | 'FRAME_TOO_LARGE'
  | 'RING_TOO_LARGE'
  | 'BAD_MAX_EMIT'
  | 'BAD_MAX_BYTES'
  | 'UNKNOWN_STAGE'
  | 'UNKNOWN_PORT'
  /** Frame against message, or another dtype. */
  | 'TYPE_MISMATCH'
  | 'SHAPE_MISMATCH'
  | 'UNCONNECTED_INPUT'
  | 'UNMARKED_CYCLE'
  | 'TOO_MANY_EDGES'
  | 'MAX_EMIT_BEYOND_CAPACITY'
  | 'BAD_CAPACITY'
  | 'BAD_OVERFLOW'
  | 'BAD_TICK'
  /** A declared runner without a rate that a clock can keep. */
  | 'BAD_RUNNER'
  | 'DUPLICATE_RUNNER'
  | 'UNKNOWN_RUNNER'
  /** A tick in a free phase, where nothing else makes the clock step. */
  | 'NO_RUNNER'
  | 'DUPLICATE_LATCH'
  /** A stage is bound to a latch that the graph, or by a name that the stage, does not know. */
  | 'UNKNOWN_LATCH'
  | 'UNBOUND_LATCH'
  | 'LATCH_MISMATCH'
  /** Two stages write one latch. */
  | 'LATCH_WRITERS'
  | 'BAD_SUPERVISION'
  | 'BAD_SNAPSHOT_INTERVAL'
  | 'BAD_SPILL_MAX'
  | 'BAD_TAGS'
  | 'BAD_ACTIVE_IN'
  | 'BAD_WHILE_INACTIVE'
  /** A machine of modes that cannot be read, or that does more than decide. */
  | 'BAD_MACHINE'
  | 'UNREACHABLE_MODE'
  /** Active in a mode that the machine does not have. */
  | 'UNKNOWN_MODE'
  | 'BAD_GRACE'
  | 'BAD_PLACEMENT'
  | 'BAD_WORKERS'
  | 'BAD_CLOCK'
  | 'BAD_MAILBOX_MAX'
  | 'TOO_MANY_WORKERS'
  | 'DUPLICATE_EVENT'
  | 'BAD_EVENT'
  | 'UNKNOWN_EVENT'
  /** A stage knows an event by a name that the graph does not bind. */
  | 'UNBOUND_EVENT'
  /** The graph binds a name that the stage does not declare. */
  | 'UNDECLARED_EVENT'
  | 'BAD_CONTROL'
  | 'BAD_RESOURCES'
  /** A stage needs more of a resource than there is. */
  | 'RESOURCE_BEYOND_CAPACITY';

/** What is odd about a declaration that runs nevertheless. */
export type PlanWarningCode =
  | 'UNREAD_OUTPUT'
  /** The same output is connected to the same input twice. */
  | 'DUPLICATE_EDGE'
  /** Marked as a back-edge, but part of no cycle. */
  | 'IDLE_BACK_EDGE'
  /** `whileInactive` of a stage that always runs. */
  | 'IDLE_WHILE_INACTIVE'
  /** A mailbox that holds what a source sends on and on. */
  | 'HOLD_BEHIND_SOURCE'
  /** Some mode leads to none in which the stage runs. */
  | 'STOPPED_FOR_EVER'
  /** A group of stages with and without `io`: the whole group waits with an event loop. */
  | 'MIXED_GROUP'
  /** Declared, but nothing ticks with it. */
  | 'UNUSED_RUNNER'
  /** Several stages are controlled by one event, or reset it. */
  | 'SEVERAL_CONSUMERS'
  /** No stage uses the event. */
  | 'UNUSED_EVENT'
  /** The capacity of a resource that no stage needs. */
  | 'UNUSED_RESOURCE'
  /** An output is terminated twice. */
  | 'DUPLICATE_TERMINATOR'
  /** An output is terminated, but somebody reads it. */
  | 'IDLE_TERMINATOR'
  | 'UNWRITTEN_LATCH'
  | 'UNREAD_LATCH';

/** One thing wrong (or odd) with a declaration. */
export interface PlanProblem {
  readonly code: PlanErrorCode | PlanWarningCode;
  readonly stage: string | undefined;
  readonly port: string | undefined;
  readonly message: string;
  readonly remedy: string;
}
