import type { ElkNode } from 'elkjs/lib/elk-api.js';
import engineUrl from 'elkjs/lib/elk-worker.min.js?url';

interface Answer {
  readonly id: number;
  readonly data?: unknown;
  readonly error?: unknown;
}

const loadMsMax = 20_000;

/** Lays graphs out in a worker of its own, one at a time, each within a deadline. */
class Engine {
  #worker: Worker | undefined;
  #isReady = false;
  #last: Promise<unknown> = Promise.resolve();
  #asked = 0;

  /** The graph with places; `undefined` where the engine fails, or takes longer than `deadlineMs`. */
  layout(graph: ElkNode, deadlineMs: number): Promise<ElkNode | undefined> {
    const answer = this.#last.then(() => this.#ask(graph, deadlineMs));
    this.#last = answer;
    return answer;
  }

  async #ask(graph: ElkNode, deadlineMs: number): Promise<ElkNode | undefined> {
    // To load the engine takes its own time: the deadline is for the layout.
    if (!this.#isReady) {
      await this.#send({ cmd: 'register', algorithms: ['layered'] }, loadMsMax);
      if (this.#worker === undefined) return undefined;
      this.#isReady = true;
    }
    const laidOut = await this.#send({ cmd: 'layout', graph, layoutOptions: {}, options: {} }, deadlineMs);
    return laidOut as ElkNode | undefined;
  }

  #send(request: object, deadlineMs: number): Promise<unknown> {
    const worker = (this.#worker ??= new Worker(engineUrl));
    this.#asked += 1;
    const id = this.#asked;
    return new Promise((resolve) => {
      const end = (laidOut: unknown): void => {
        clearTimeout(timer);
        worker.removeEventListener('message', take);
        worker.removeEventListener('error', fail);
        resolve(laidOut);
      };
      const fail = (): void => {
        // One that is stuck never answers again.
        worker.terminate();
        this.#worker = undefined;
        this.#isReady = false;
        end(undefined);
      };
      const take = ({ data }: MessageEvent<Answer>): void => {
        if (data.id === id) end(data.error === undefined ? data.data : undefined);
      };
      const timer = setTimeout(fail, deadlineMs);
      worker.addEventListener('message', take);
      worker.addEventListener('error', fail);
      worker.postMessage({ id, ...request });
    });
  }
}

const engine = new Engine();

/** As `Engine.layout`: all parts of the page share one engine. */
export function layoutByElk(graph: ElkNode, deadlineMs: number): Promise<ElkNode | undefined> {
  return engine.layout(graph, deadlineMs);
}
