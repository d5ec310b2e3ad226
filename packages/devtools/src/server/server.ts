import cookie from '@fastify/cookie';
import files from '@fastify/static';
import websocket from '@fastify/websocket';
import type { FastifyInstance, preValidationAsyncHookHandler } from 'fastify';
import fastify from 'fastify';
import { Server } from 'node:http';
import type { Telemetry, TelemetryLimits } from '@troupe/core/telemetry';
import { clientLimits } from '@troupe/core/telemetry';
import { DevtoolsError } from '../errors.ts';
import type { Settings } from '../options.ts';
import { Access } from './access.ts';
import type { Addresses } from './address.ts';
import { addressesOf, listenedOn } from './address.ts';
import type { Bounds } from './bounds.ts';
import { addDownloads } from './downloads.ts';
import { Hub, tickMs } from './hub.ts';
import { closeCode } from './line.ts';
import { guardedServer, socketPath } from './node-server.ts';
import { addSessions, say } from './sessions.ts';
import { serveSocket } from './socket.ts';
import { addTraceDownload } from './trace-download.ts';

const bodyBytesMax = 1_024;
/** Names of what a bundler makes hold a digest of what is in it. */
const hashedName = /-[\w-]{8}\.\w+$/;

export interface ServerParts {
  readonly telemetry: Telemetry;
  readonly settings: Settings;
  readonly bounds: Bounds;
  /** The folder of the built page. */
  readonly page: string;
}

/** The server of one run. */
export class DevtoolsServer {
  readonly #app: FastifyInstance;
  readonly #hub: Hub;
  readonly #ticking: NodeJS.Timeout;
  readonly url: string;

  private constructor(app: FastifyInstance, hub: Hub, url: string) {
    this.#app = app;
    this.#hub = hub;
    this.url = url;
    this.#ticking = setInterval(() => hub.tick(performance.now()), tickMs).unref();
  }

  /** Listens. Throws `DevtoolsError` where it cannot. */
  static async open(parts: ServerParts): Promise<DevtoolsServer> {
    const { settings, telemetry, bounds } = parts;
    const { host, control: hasControl, redact, valueBytesMax, recordings } = settings;
    const access = new Access(bounds, performance.now());
    const limits = { valueBytesMax, ...(redact === undefined ? {} : { redact }) };
    const hub = new Hub({ telemetry, bounds, limits, hasControl, recordings });
    const listening: { addresses?: Addresses } = {};
    const app = await appOf(parts, limits, hub, access, () => listening.addresses);
    try {
      await app.listen({ host: listenedOn(host), port: settings.port });
    } catch (error) {
      await app.close();
      throw cannotListen(settings, error as NodeJS.ErrnoException);
    }
    app.server.unref();
    const bound = app.server.address();
    const port = typeof bound === 'object' && bound !== null ? bound.port : settings.port;
    listening.addresses = addressesOf(host, port, settings.tls !== undefined);
    return new DevtoolsServer(app, hub, `${listening.addresses.url}#token=${access.token}`);
  }

  /** Pages that are open. */
  get pages(): number {
    return this.#hub.pages;
  }

  /** The run is over: pages are told the last that there is. */
  finish(): void {
    this.#hub.finish();
  }

  async close(): Promise<void> {
    clearInterval(this.#ticking);
    this.#hub.close(closeCode.goingAway, 'the process has ended the page');
    await this.#app.close();
  }
}

async function appOf(
  { settings: { tls }, telemetry, bounds, page }: ServerParts,
  limits: TelemetryLimits,
  hub: Hub,
  access: Access,
  addresses: () => Addresses | undefined,
): Promise<FastifyInstance> {
  // What the guard has let through goes on from here; it never listens itself.
  const upgrades = new Server();
  const app = fastify({
    bodyLimit: bodyBytesMax,
    forceCloseConnections: true,
    serverFactory: (handle) =>
      guardedServer({
        tls,
        bounds,
        addresses,
        handle,
        upgrade: (request, socket, head) => void upgrades.emit('upgrade', request, socket, head),
      }),
  });
  app.removeContentTypeParser('text/plain');
  await app.register(cookie);
  await app.register(websocket, {
    errorHandler: (_error, socket) => socket.terminate(),
    options: {
      server: upgrades,
      maxPayload: clientLimits.bytesMax,
      perMessageDeflate: false,
      autoPong: false,
    },
  });
  const isKnown = addSessions(app, access, tls !== undefined);
  app.get(socketPath, { websocket: true, preValidation: [isKnown, isRoom(hub, bounds)] }, (socket) =>
    serveSocket(socket, hub, bounds),
  );
  addDownloads(app, telemetry, limits, isKnown);
  addTraceDownload(app, telemetry, hub.trace, isKnown);
  await app.register(files, {
    root: page,
    wildcard: false,
    dotfiles: 'ignore',
    cacheControl: false,
    setHeaders: (response, path) => {
      if (hashedName.test(path))
        void response.header('cache-control', 'private, max-age=31536000, immutable');
    },
  });
  app.setNotFoundHandler((_request, reply) => say(reply, 404, 'There is no such page.'));
  app.setErrorHandler((error: Error & { readonly statusCode?: number }, _request, reply) => {
    const { statusCode = 500, message } = error;
    return say(reply, statusCode, statusCode < 500 ? message : 'This cannot be done.');
  });
  return app;
}

function isRoom(hub: Hub, { pagesMax }: Bounds): preValidationAsyncHookHandler {
  return async (_request, reply) =>
    hub.pages < pagesMax ? undefined : say(reply, 503, `${pagesMax} pages are open already. Close one.`);
}

function cannotListen({ host, port }: Settings, error: NodeJS.ErrnoException): DevtoolsError {
  const isTaken = error.code === 'EADDRINUSE';
  const [why, remedy] = isTaken
    ? ['another program listens there', 'Choose another port, or none for one that is free.']
    : [error.message, 'Choose another host or port.'];
  return new DevtoolsError('DEVTOOLS_ADDRESS', `${host}:${port} cannot be listened on: ${why}`, remedy, {
    cause: error,
  });
}
