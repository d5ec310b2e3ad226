import type { ElkNode } from 'elkjs/lib/elk-api.js';
import engineUrl from 'elkjs/lib/elk-worker.min.js?url';

interface Answer {
  readonly id: number;
  readonly data?: unknown;
  readonly error?: unknown;
}

/** Lays graphs out in a worker of its own, one at a time, each within a deadline. */
class Engine {
  #worker: Worker | undefined;
  #last: Promise<unknown> = Promise.resolve();
  #asked = 0;

  /** The graph with places; `undefined` where the engine fails, or takes longer than `deadlineMs`. */
  layout(graph: ElkNode, deadlineMs: number): Promise<ElkNode | undefined> {
    const answer = this.#last.then(() => this.#ask(graph, deadlineMs));
    this.#last = answer;
    return answer;
  }

  #ask(graph: ElkNode, deadlineMs: number): Promise<ElkNode | undefined> {
    const worker = this.#worker ?? this.#begin();
    this.#asked += 1;
    const id = this.#asked;
    return new Promise((resolve) => {
      const end = (laidOut: ElkNode | undefined): void => {
        clearTimeout(timer);
        worker.removeEventListener('message', take);
        worker.removeEventListener('error', fail);
        resolve(laidOut);
      };
      const fail = (): void => {
        // One that is stuck never answers again.
        worker.terminate();
        this.#worker = undefined;
        end(undefined);
      };
      const take = ({ data }: MessageEvent<Answer>): void => {
        if (data.id === id) end(data.error === undefined ? (data.data as ElkNode) : undefined);
      };
      const timer = setTimeout(fail, deadlineMs);
      worker.addEventListener('message', take);
      worker.addEventListener('error', fail);
      worker.postMessage({ id, cmd: 'layout', graph, layoutOptions: {}, options: {} });
    });
  }

  #begin(): Worker {
    const worker = new Worker(engineUrl);
    worker.postMessage({ id: 0, cmd: 'register', algorithms: ['layered'] });
    this.#worker = worker;
    return worker;
  }
}

const engine = new Engine();

/** As `Engine.layout`: all parts of the page share one engine. */
export function layoutByElk(graph: ElkNode, deadlineMs: number): Promise<ElkNode | undefined> {
  return engine.layout(graph, deadlineMs);
}
