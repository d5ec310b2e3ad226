import { decode } from '@troupe/mailbox';
import { errorFromWire } from '../drivers/error-wire.ts';
import type { FailureWire } from '../drivers/messages.ts';
import type { Plan } from '../plan/types.ts';
import type { FailureAction, HandlerFailure } from './types.ts';

/** More than these are dropped, oldest first. */
const failuresMax = 1_000;

const actions: Readonly<Record<FailureWire['action'], FailureAction>> = {
  retry: 'retried',
  recreate: 'recreated',
  stop: 'stopped',
  escalate: 'escalated',
};

/** The handlers of a run that threw, newest last, bounded. */
export class HandlerFailures {
  readonly #plan: Plan;
  readonly #failures: HandlerFailure[] = [];
  #count = 0;

  constructor(plan: Plan) {
    this.#plan = plan;
  }

  add({ actor, bytes, error, action, ...wire }: FailureWire): void {
    this.#failures.push({
      ...wire,
      id: this.#count++,
      stage: this.#plan.actors[actor]?.name ?? '',
      value: bytes === undefined ? undefined : decode(bytes),
      error: errorFromWire(error),
      action: actions[action],
    });
    if (this.#failures.length > failuresMax) this.#failures.shift();
  }

  list(): readonly HandlerFailure[] {
    return [...this.#failures];
  }
}
