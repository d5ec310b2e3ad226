import { inspect } from 'node:util';
import { TroupeError } from '@troupe/mailbox';
import type { PlanProblem } from './plan/problem-types.ts';

/** A graph was put together from parts that are not its own. Code `BAD_REF`. */
export class GraphError extends TroupeError {
  constructor(message: string, remedy: string) {
    super(message, { code: 'BAD_REF', remedy });
  }
}

/**
 * A declaration that cannot run. Code `PLAN_INVALID`. `problems` has everything that is wrong, the message
 * lists it.
 */
export class PlanError extends TroupeError {
  readonly problems: readonly PlanProblem[];

  constructor(graphName: string, problems: readonly PlanProblem[]) {
    const count = problems.length === 1 ? '1 problem' : `${problems.length} problems`;
    const lines = problems.map((problem, i) => `  ${i + 1}. ${problemText(problem)}`);
    super([`graph '${graphName}' cannot run: ${count}`, ...lines].join('\n'), {
      code: 'PLAN_INVALID',
      remedy: 'Fix what `problems` lists; each entry says how.',
      stage: problems[0]?.stage,
      port: problems[0]?.port,
    });
    this.problems = problems;
  }
}

/** One problem as a line: code, place, what is wrong, what to do. */
export function problemText(problem: PlanProblem): string {
  const place = [problem.stage, problem.port].filter((part) => part !== undefined).join('.');
  return `${problem.code}${place === '' ? '' : ` at ${place}`}: ${problem.message}. ${problem.remedy}`;
}

/** A stage could not be loaded, created or started. Code `STAGE_START`. */
export class StageStartError extends TroupeError {
  constructor(stage: string, what: string, remedy: string, cause: unknown) {
    super(`stage '${stage}' cannot start: ${what}${reason(cause)}`, {
      code: 'STAGE_START',
      stage,
      // A stage that says what to do knows better.
      remedy: cause instanceof TroupeError ? cause.remedy : remedy,
      cause,
    });
  }
}

/** A handler threw. Code `HANDLER_THREW`; the cause is what it threw. */
export class HandlerError extends TroupeError {
  constructor(stage: string, handler: string, port: string | undefined, cause: unknown) {
    super(`stage '${stage}' threw while handling ${handler}${quoted(port)}${reason(cause)}`, {
      code: 'HANDLER_THREW',
      stage,
      port,
      remedy: 'See the cause; `supervision` of the stage says what happens after a throw.',
      cause,
    });
  }
}

/** A stage was restarted more often than its supervision allows. Code `RESTART_LIMIT`. */
export class RestartLimitError extends TroupeError {
  constructor(
    stage: string,
    limit: { readonly restartsMax: number; readonly withinMs: number },
    cause: unknown,
  ) {
    super(
      `stage '${stage}' failed over ${limit.restartsMax} times within ${limit.withinMs} ms${reason(cause)}`,
      {
        code: 'RESTART_LIMIT',
        stage,
        remedy: 'Mend the stage, or raise `restartsMax` in its supervision.',
        cause,
      },
    );
  }
}

/** A handler returned a promise although its stage has no event loop. Code `ASYNC_HANDLER`. */
export class AsyncHandlerError extends TroupeError {
  constructor(stage: string, handler: string) {
    super(`stage '${stage}' returned a promise while handling ${handler}`, {
      code: 'ASYNC_HANDLER',
      stage,
      remedy: 'Declare `io: true` in defineStage: the stage gets an event loop. Or do not return a promise.',
    });
  }
}

/** What happened on another thread, with its name, code, place, remedy, stack and causes. */
export class RemoteError extends TroupeError {
  constructor(
    wire: {
      readonly name: string;
      readonly message: string;
      readonly code: string;
      readonly remedy: string;
      readonly stage: string | undefined;
      readonly port: string | undefined;
      readonly stack: string | undefined;
    },
    cause: unknown,
  ) {
    super(wire.message, { code: wire.code, remedy: wire.remedy, stage: wire.stage, port: wire.port, cause });
    this.name = wire.name;
    if (wire.stack !== undefined) this.stack = wire.stack;
  }
}

/** A push found no room in time. Code `PUSH_TIMEOUT`. The message was not sent; the run goes on. */
export class PushTimeoutError extends TroupeError {
  constructor(port: string, timeoutMs: number) {
    super(`no room on input '${port}' within ${timeoutMs} ms`, {
      code: 'PUSH_TIMEOUT',
      port,
      remedy: 'Push again later, raise the capacity of the input, or find who is behind: stats().edges.',
    });
  }
}

/** Nothing arrived in time. Code `PULL_TIMEOUT`. */
export class PullTimeoutError extends TroupeError {
  constructor(port: string, timeoutMs: number) {
    super(`nothing on output '${port}' within ${timeoutMs} ms`, {
      code: 'PULL_TIMEOUT',
      port,
      remedy: 'Wait longer, or find the stage that is behind (stats().stages).',
    });
  }
}

/** The run has been stopped, or its stream has ended. Code `RUN_STOPPED`. */
export class RunStoppedError extends TroupeError {
  constructor(what: string, port?: string) {
    super(`${what}: the run has stopped`, { code: 'RUN_STOPPED', port, remedy: 'Start the graph again.' });
  }
}

/**
 * A boundary port, stage or edge of that name does not exist, or carries something else. Code `BAD_TARGET`.
 */
export class TargetError extends TroupeError {
  constructor(message: string, remedy: string, port?: string) {
    super(message, { code: 'BAD_TARGET', port, remedy });
  }
}

/** A rate that no clock can keep. Code `BAD_RATE`. */
export class RateError extends TroupeError {
  constructor(hz: unknown, stage?: string) {
    const whose = stage === undefined ? '' : ` of stage '${stage}'`;
    super(`${inspect(hz)} cannot be the rate${whose}`, {
      code: 'BAD_RATE',
      stage,
      remedy: 'Give ticks per second as a number from 1e-6 to 10,000.',
    });
  }
}

/** An event has as many activations as it counts. Code `EVENT_FULL`. Nothing was added. */
export class EventFullError extends TroupeError {
  constructor(event: string) {
    super(`event '${event}' has 4,194,304 activations, and counts no more`, {
      code: 'EVENT_FULL',
      remedy: 'Look why nobody takes them back: clear() takes all, reset() one; or set it only once.',
    });
  }
}

/** A stage does with an event what it had not declared. Code `BAD_EVENT_USE`. Nothing was changed. */
export class EventUseError extends TroupeError {
  constructor(stage: string, event: string, declared: string, use: string) {
    super(`stage '${stage}' would ${use} event '${event}', which it has declared to ${declared}`, {
      code: 'BAD_EVENT_USE',
      stage,
      remedy: `Declare '${use}' (or 'any') for it in \`events\` of defineStage: the plan says who does what.`,
    });
  }
}

/** A worker died. Code `WORKER_DIED`. */
export class WorkerDiedError extends TroupeError {
  constructor(worker: number, stage: string | undefined, how: string, cause: unknown) {
    const where = stage === undefined ? '' : ` while stage '${stage}' was handling`;
    super(`worker ${worker} ${how}${where}${reason(cause)}`, {
      code: 'WORKER_DIED',
      stage,
      remedy:
        'Look for process.exit, errors thrown from timers, and memory: a stage shares its worker’s fate.',
      cause,
    });
  }
}

const hungRemedy =
  'Make it return (an endless loop?), or raise `watchdogMs` or `asyncWatchdogMs` in its supervision.';

/** A handler did not return within its watchdog's limit. Code `HANDLER_HUNG`. */
export class HandlerHungError extends TroupeError {
  constructor(stage: string, limitMs: number, remedy: string = hungRemedy) {
    super(`a handler of stage '${stage}' has not returned within ${limitMs} ms`, {
      code: 'HANDLER_HUNG',
      stage,
      remedy,
    });
  }
}

/** An async handler has kept a round waiting for too long. Code `BARRIER_TIMEOUT`. */
export class BarrierTimeoutError extends TroupeError {
  constructor(stage: string, limitMs: number) {
    super(`an async handler of stage '${stage}' has kept its step waiting for ${limitMs} ms`, {
      code: 'BARRIER_TIMEOUT',
      stage,
      remedy: 'Make it settle, raise `barrierTimeoutMs`, or use the realtime clock, which has no barrier.',
    });
  }
}

/** A mailbox has grown as far as it may while its reader waited for another port. Code `MAILBOX_OVERFLOW`. */
export class MailboxOverflowError extends TroupeError {
  constructor(stage: string, port: string, waiting: number) {
    super(`${waiting} messages wait at '${stage}.${port}' for a message on another port`, {
      code: 'MAILBOX_OVERFLOW',
      stage,
      port,
      remedy: 'Raise `mailboxMax` at start, or let less come between two messages of the other port.',
    });
  }
}

/** Workers died more often than the run allows. Code `REPLACEMENT_LIMIT`. */
export class ReplacementLimitError extends TroupeError {
  constructor(max: number, withinMs: number, cause: unknown) {
    super(`workers died more than ${max} times within ${withinMs} ms${reason(cause)}`, {
      code: 'REPLACEMENT_LIMIT',
      remedy: 'Mend the stage that ends its worker; the cause is the last death.',
      cause,
    });
  }
}

/** `start()` was called where it must not be: inside a stage worker. Code `NESTED_START`. */
export class NestedStartError extends TroupeError {
  constructor(graph: string) {
    super(`graph '${graph}' was started inside a stage worker`, {
      code: 'NESTED_START',
      remedy:
        'Guard the program with `if (import.meta.main)`: a worker imports the module that defines its stage.',
    });
  }
}

/** What worker threads begin with is not where it was built: these packages have been moved or bundled. */
export class WorkerEntryError extends TroupeError {
  constructor(path: string) {
    super(`worker threads cannot begin: there is no ${path}`, {
      code: 'NO_WORKER_ENTRY',
      remedy:
        'Leave @troupe/core out of the bundle (as an external package), so that its files stay together.',
    });
  }
}

function quoted(port: string | undefined): string {
  return port === undefined ? '' : ` '${port}'`;
}

function reason(cause: unknown): string {
  if (cause === undefined) return '';
  return `: ${cause instanceof Error ? cause.message : inspect(cause)}`;
}
