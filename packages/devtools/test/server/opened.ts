import { mkdtempSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import type { IncomingMessage } from 'node:http';
import { request as httpRequest } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ClientMessage, ServerMessage } from '@troupe/core/telemetry';
import { decodeServerMessage, encodeMessage } from '@troupe/core/telemetry';
import { onTestFinished } from 'vitest';
import { WebSocket } from 'ws';
import type { DevtoolsOptions } from '../../src/options.ts';
import { settingsOf } from '../../src/options.ts';
import type { Bounds } from '../../src/server/bounds.ts';
import { usualBounds } from '../../src/server/bounds.ts';
import { DevtoolsServer } from '../../src/server/server.ts';
import { FakeTelemetry } from './fake-telemetry.ts';

export interface Answer {
  readonly status: number;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
}

/** What a test may say of a request; `undefined` takes a header away. */
export interface Asking {
  readonly method?: string;
  readonly body?: string;
  readonly headers?: Readonly<Record<string, string | undefined>>;
}

/** A server on a free port, whose page is two small files. Ends with the test. */
export async function openServer(
  given: { options?: DevtoolsOptions; bounds?: Partial<Bounds>; telemetry?: FakeTelemetry } = {},
): Promise<OpenedServer> {
  const folder = mkdtempSync(join(tmpdir(), 'troupe-page-'));
  const page = join(folder, 'page');
  mkdirSync(join(page, 'assets'), { recursive: true });
  writeFileSync(join(page, 'index.html'), '<!doctype html><title>page</title>');
  writeFileSync(join(page, 'assets/main-abcd1234.js'), 'export {};');
  writeFileSync(join(folder, 'secret.txt'), 'secret');
  const telemetry = given.telemetry ?? new FakeTelemetry();
  const settings = settingsOf({ ...given.options });
  const bounds = { ...usualBounds, closingMsMax: 200, ...given.bounds };
  const server = await DevtoolsServer.open({ telemetry, settings, bounds, page });
  onTestFinished(async () => {
    await server.close();
    rmSync(folder, { recursive: true });
  });
  return new OpenedServer(server, telemetry);
}

export class OpenedServer {
  readonly server: DevtoolsServer;
  readonly telemetry: FakeTelemetry;
  readonly host: string;
  readonly port: number;
  readonly token: string;

  constructor(server: DevtoolsServer, telemetry: FakeTelemetry) {
    const url = new URL(server.url);
    this.server = server;
    this.telemetry = telemetry;
    this.host = url.host;
    this.port = Number(url.port);
    this.token = url.hash.replace('#token=', '');
  }

  get origin(): string {
    return `http://${this.host}`;
  }

  /** A request as the page itself would send it, but for what is said. */
  ask(path: string, { method = 'GET', body, headers = {} }: Asking = {}): Promise<Answer> {
    const own = method === 'GET' ? {} : { origin: this.origin, 'content-type': 'application/json' };
    const all = Object.entries({ host: this.host, ...own, ...headers });
    const { promise, resolve, reject } = Promise.withResolvers<Answer>();
    const request = httpRequest({
      host: '127.0.0.1',
      port: this.port,
      path,
      method,
      setHost: false,
      agent: false,
      headers: Object.fromEntries(all.filter(([, value]) => value !== undefined)),
    });
    request.once('error', reject).once('response', (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
      response.once('end', () =>
        resolve({ status: response.statusCode ?? 0, headers: response.headers, body: text }),
      );
    });
    request.end(body);
    return promise;
  }

  /** The cookie of a new session. */
  async enter(token: string = this.token): Promise<string> {
    const { headers } = await this.ask('/session', { method: 'POST', body: JSON.stringify({ token }) });
    return headers['set-cookie']?.[0]?.split(';', 1)[0] ?? '';
  }

  /** A socket as the page itself would open it, but for what is said. */
  socket(headers: Readonly<Record<string, string | undefined>>, path = '/socket'): ClientSocket {
    const all = Object.entries({ host: this.host, origin: this.origin, ...headers });
    const given = Object.fromEntries(all.filter(([, value]) => value !== undefined)) as Record<
      string,
      string
    >;
    return new ClientSocket(new WebSocket(`ws://127.0.0.1:${this.port}${path}`, { headers: given }));
  }

  /** A page with a session. */
  async page(): Promise<ClientSocket> {
    const client = this.socket({ cookie: await this.enter() });
    await client.message('graph');
    return client;
  }
}

/** The page's end of a socket. */
export class ClientSocket {
  readonly socket: WebSocket;
  readonly #got: ServerMessage[] = [];
  #waiting: { readonly type: string; readonly resolve: (message: ServerMessage) => void }[] = [];
  /** The status that it was refused with, or 101. */
  readonly status: Promise<number>;
  readonly closed: Promise<{ readonly code: number; readonly reason: string }>;

  constructor(socket: WebSocket) {
    this.socket = socket;
    this.status = new Promise((resolve) => {
      socket.once('upgrade', () => resolve(101));
      socket.once('unexpected-response', (_request, response) => {
        resolve(response.statusCode ?? 0);
        response.destroy();
      });
    });
    this.closed = new Promise((resolve) => {
      socket.once('close', (code, reason) => resolve({ code, reason: reason.toString() }));
    });
    socket.on('error', () => undefined);
    socket.on('message', (data) => this.#take(decodeServerMessage(data as Buffer)));
  }

  say(message: ClientMessage): void {
    this.socket.send(encodeMessage(message));
  }

  /** The next message of a type, or one that has come and was not asked for yet. */
  message(type: ServerMessage['type']): Promise<ServerMessage> {
    const at = this.#got.findIndex((message) => message.type === type);
    const [found] = at < 0 ? [] : this.#got.splice(at, 1);
    if (found !== undefined) return Promise.resolve(found);
    return new Promise((resolve) => this.#waiting.push({ type, resolve }));
  }

  #take(message: ServerMessage): void {
    const waiter = this.#waiting.find(({ type }) => type === message.type);
    if (waiter === undefined) {
      this.#got.push(message);
      return;
    }
    this.#waiting = this.#waiting.filter((other) => other !== waiter);
    waiter.resolve(message);
  }
}
