import type { ObservedRun } from '@troupe/core/telemetry';
import type { DevtoolsOptions, Settings } from './options.ts';
import { settingsOf } from './options.ts';
import type { DevtoolsServer } from './server/server.ts';

/** An observer of runs: `graph.start({ observers: [devtools()] })`. */
export interface Devtools {
  readonly name: 'devtools';
  /** Serves the page. Rejects with `DevtoolsError` where it cannot; the run does not start then. */
  attach(run: ObservedRun): Promise<void>;
  /** Ends the page of every run that it was attached to, now. */
  close(): Promise<void>;
}

/**
 * A page served by this process, on which a run can be watched. Throws `DevtoolsError` where options do not
 * go together.
 */
export function devtools(options: DevtoolsOptions = {}): Devtools {
  return new AttachedDevtools(settingsOf(options));
}

/** As long as a timer can wait. */
const timerMsMax = 2 ** 31 - 1;

class AttachedDevtools implements Devtools {
  readonly name = 'devtools';
  readonly #settings: Settings;
  /** Servers, and what ends their waiting after the run. */
  readonly #open = new Map<DevtoolsServer, NodeJS.Timeout | undefined>();

  constructor(settings: Settings) {
    this.#settings = settings;
  }

  async attach(run: ObservedRun): Promise<void> {
    const settings = this.#settings;
    // Loaded when it is served: whoever only names the devtools stays light.
    const [{ DevtoolsServer: Server }, { pageFolder }, { usualBounds: bounds }] = await Promise.all([
      import('./server/server.ts'),
      import('./server/page-files.ts'),
      import('./server/bounds.ts'),
    ]);
    const [telemetry, page] = await Promise.all([run.telemetry(), pageFolder()]);
    const server = await Server.open({ telemetry, settings, bounds, page });
    this.#open.set(server, undefined);
    const over = (): void => this.#over(server);
    telemetry.over.then(over, over);
    settings.onAddress(server.url);
  }

  async close(): Promise<void> {
    await Promise.all([...this.#open.keys()].map((server) => this.#close(server)));
  }

  /** The run is over. The process waits for nothing of a server but this timer. */
  #over(server: DevtoolsServer): void {
    if (!this.#open.has(server)) return;
    server.finish();
    const { lingerMs } = this.#settings;
    if (lingerMs === 0) void this.#close(server);
    else if (lingerMs === Infinity)
      this.#open.set(
        server,
        setInterval(() => undefined, timerMsMax),
      );
    else {
      const end = (): void => void this.#close(server);
      this.#open.set(server, setTimeout(end, Math.min(lingerMs, timerMsMax)));
    }
  }

  async #close(server: DevtoolsServer): Promise<void> {
    clearTimeout(this.#open.get(server));
    this.#open.delete(server);
    await server.close();
  }
}
