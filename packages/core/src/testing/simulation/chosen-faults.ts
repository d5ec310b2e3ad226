import { TestingError } from '../errors.ts';
import { ofCalls, ofPoints } from './fault-kinds.ts';
import type { CallFaultKind, PointFaultKind } from './fault-kinds.ts';

/** Faults by their ids: `throw:stage#call`, `kill:worker#pass`, `mode#step`. */
export class ChosenFaults {
  readonly #calls = new Map<string, CallFaultKind>();
  readonly #kills = new Set<string>();
  readonly #points = new Map<number, PointFaultKind>();

  constructor(ids: readonly string[]) {
    for (const id of ids) {
      const [, name = '', about = '', count = ''] = /^(\w+)(?::([\w.-]+))?#(\d+)$/.exec(id) ?? [];
      const call = ofCalls.find((kind) => kind === name);
      const point = ofPoints.find((kind) => kind === name);
      if (call !== undefined && about !== '') this.#calls.set(`${about}#${count}`, call);
      else if (name === 'kill' && about !== '') this.#kills.add(`${about}#${count}`);
      else if (point !== undefined && about === '') this.#points.set(Number(count), point);
      else throw unknown(id);
    }
  }

  ofCall(stage: string, count: number): CallFaultKind | undefined {
    return this.#calls.size === 0 ? undefined : this.#calls.get(`${stage}#${count}`);
  }

  isKilled(worker: number, count: number): boolean {
    return this.#kills.size > 0 && this.#kills.has(`${worker}#${count}`);
  }

  ofPoint(step: number): PointFaultKind | undefined {
    return this.#points.get(step);
  }
}

function unknown(id: string): TestingError {
  return new TestingError('BAD_FAULT', `'${id}' is no fault`, 'Name faults by the `id` that a report says.');
}
