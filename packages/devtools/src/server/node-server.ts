import { createServer } from 'node:http';
import type { IncomingMessage, RequestListener, Server, ServerOptions } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { Settings } from '../options.ts';
import type { Addresses } from './address.ts';
import type { Bounds } from './bounds.ts';
import { refusalOf, safeHeaders } from './guard.ts';

/** Bytes of a request's headers. */
const headerBytesMax = 8_192;
/** The one path that sockets are opened on. */
export const socketPath = '/socket';

export interface GuardedParts {
  readonly tls: Settings['tls'];
  readonly bounds: Bounds;
  /** `undefined` until it is known where the server listens: all is refused. */
  readonly addresses: () => Addresses | undefined;
  /** What has not been refused. */
  readonly handle: RequestListener;
  readonly upgrade: (request: IncomingMessage, socket: Duplex, head: Buffer) => void;
}

/**
 * An HTTP server that looks at the Host, the Origin and the Sec-Fetch headers of every request, upgrades
 * too, before anybody else does. It does not keep the process alive.
 */
export function guardedServer({ tls, bounds, addresses, handle, upgrade }: GuardedParts): Server {
  const refusal = (request: IncomingMessage): string | undefined => {
    const known = addresses();
    return known === undefined ? 'Not yet.' : refusalOf(request, known);
  };
  const listener: RequestListener = (request, response) => {
    for (const [name, value] of Object.entries(safeHeaders)) response.setHeader(name, value);
    const why = refusal(request);
    if (why === undefined) handle(request, response);
    else response.writeHead(403, { 'content-type': 'text/plain', connection: 'close' }).end(`${why}\n`);
  };
  const options: ServerOptions = {
    maxHeaderSize: headerBytesMax,
    headersTimeout: bounds.headersMsMax,
    requestTimeout: bounds.requestMsMax,
    connectionsCheckingInterval: bounds.headersMsMax / 4,
  };
  const server =
    tls === undefined ? createServer(options, listener) : createTlsServer({ ...options, ...tls }, listener);
  server.maxConnections = bounds.socketsMax;
  server.on('connection', (socket: Socket) => void socket.unref());
  server.on('upgrade', (request, socket, head) => {
    const why = refusal(request);
    if (why !== undefined) refuse(socket, '403 Forbidden', why);
    else if (request.url === socketPath) upgrade(request, socket, head);
    else refuse(socket, '404 Not Found', 'There is no such socket.');
  });
  return server;
}

function refuse(socket: Duplex, status: string, why: string): void {
  socket.on('error', () => socket.destroy());
  const body = `${why}\n`;
  const lines = [
    `HTTP/1.1 ${status}`,
    'content-type: text/plain',
    `content-length: ${body.length}`,
    'connection: close',
  ];
  socket.end(`${lines.join('\r\n')}\r\n\r\n${body}`, () => socket.destroy());
}
