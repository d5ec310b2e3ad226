import type { Command, ReplyWire, ServerMessage, WatchMessage } from '@troupe/core/telemetry';
import { decodeServerMessage, encodeMessage } from '@troupe/core/telemetry';
import type { Link } from '../model/model.ts';
import { reduce } from '../model/model.ts';
import type { Store } from '../model/store.ts';
import { mergeWishes, nothing } from '../model/wish.ts';
import type { Wish } from '../model/wish.ts';

/** A command that was not carried out: what the process said, or that it cannot be reached. */
export class CommandError extends Error {
  override readonly name = 'CommandError';
  readonly remedy: string | undefined;

  constructor(message: string, remedy?: string) {
    super(message);
    this.remedy = remedy;
  }
}

interface Waiting {
  readonly resolve: (reply: ReplyWire) => void;
  readonly reject: (error: CommandError) => void;
}

const firstRetryMs = 500;
const retryMsMax = 10_000;

/** The one connection of a page: opens a session, keeps a socket, and feeds the store. */
export class Connection {
  readonly #store: Store;
  readonly #wishes = new Map<object, Wish>();
  readonly #waiting = new Map<number, Waiting>();
  #socket: WebSocket | undefined;
  #requests = 0;
  #tries = 0;
  /** The process has greeted. */
  #isOpen = false;
  #retry: ReturnType<typeof setTimeout> | undefined;
  #isWatchDue = false;

  constructor(store: Store) {
    this.#store = store;
  }

  /** Exchanges the token of the address, if it has one, for a session; then connects. */
  async open(): Promise<void> {
    const token = /^#token=([\w-]+)$/.exec(location.hash)?.[1];
    if (token !== undefined) {
      history.replaceState(null, '', `${location.pathname}${location.search}`);
      const refusal = await openSession(token);
      if (refusal !== undefined) {
        this.#link({ state: 'refused', why: refusal });
        return;
      }
    }
    document.addEventListener('visibilitychange', () => this.#watchSoon());
    this.#connect();
  }

  /** Tries now rather than later. */
  retry(): void {
    if (this.#socket !== undefined) return;
    clearTimeout(this.#retry);
    this.#connect();
  }

  /** Rejects with a `CommandError`. */
  perform(command: Command): Promise<ReplyWire> {
    const socket = this.#socket;
    if (socket?.readyState !== WebSocket.OPEN) {
      return Promise.reject(new CommandError('The process cannot be reached now.'));
    }
    this.#requests += 1;
    const request = this.#requests;
    return new Promise((resolve, reject) => {
      this.#waiting.set(request, { resolve, reject });
      socket.send(bytesOf({ type: 'command', request, command }));
    });
  }

  /** What a part of the page wants to see from now on; nothing with `undefined`. */
  wish(part: object, wish: Wish | undefined): void {
    if (wish === undefined) this.#wishes.delete(part);
    else this.#wishes.set(part, wish);
    this.#watchSoon();
  }

  #connect(): void {
    this.#link({ state: 'connecting' });
    const socket = new WebSocket(new URL('./socket', location.href.replace(/^http/, 'ws')));
    this.#socket = socket;
    socket.binaryType = 'arraybuffer';
    socket.addEventListener('message', ({ data }) => this.#take(new Uint8Array(data as ArrayBuffer)));
    socket.addEventListener('close', ({ code, reason }) => this.#lost(code, reason));
  }

  #take(bytes: Uint8Array): void {
    let message: ServerMessage;
    try {
      message = decodeServerMessage(bytes);
    } catch {
      this.#socket?.close(4_000, 'bytes that are no message');
      return;
    }
    if (message.type === 'reply') {
      this.#reply(message);
      return;
    }
    this.#store.change((model) => reduce(model, message));
    if (message.type === 'hello') {
      this.#tries = 0;
      this.#isOpen = true;
      this.#watchSoon();
    }
  }

  #reply({ request, error, result }: Extract<ServerMessage, { type: 'reply' }>): void {
    const waiting = this.#waiting.get(request);
    this.#waiting.delete(request);
    if (error === undefined) waiting?.resolve(result);
    else waiting?.reject(new CommandError(error.message, error.remedy));
  }

  #lost(code: number, reason: string): void {
    this.#socket = undefined;
    for (const { reject } of this.#waiting.values()) {
      reject(new CommandError('The connection was lost before the process answered.'));
    }
    this.#waiting.clear();
    if (this.#store.model.link.state === 'refused') return;
    const wasOpen = this.#isOpen;
    this.#isOpen = false;
    if (wasOpen) this.#retryLater(code, reason);
    else void this.#explain(code, reason);
  }

  /** A browser does not say why a socket was not opened; the answer to a plain request does. */
  async #explain(code: number, reason: string): Promise<void> {
    const status = await statusOf('./download/plan.json');
    if (status === 401 || status === 403) this.#link({ state: 'refused', why: noSession });
    else this.#retryLater(code, reason);
  }

  #retryLater(code: number, reason: string): void {
    this.#tries += 1;
    const waitMs = Math.min(retryMsMax, firstRetryMs * 2 ** (this.#tries - 1));
    const why = reason === '' ? `the socket closed with code ${code}` : reason;
    this.#link({ state: 'lost', why, tries: this.#tries, retryAt: Date.now() + waitMs });
    this.#retry = setTimeout(() => this.#connect(), waitMs);
  }

  #link(link: Link): void {
    this.#store.change((model) => ({ ...model, link }));
  }

  /** Parts come and go together when a view changes: one message says what they want then. */
  #watchSoon(): void {
    if (this.#isWatchDue) return;
    this.#isWatchDue = true;
    queueMicrotask(() => {
      this.#isWatchDue = false;
      if (this.#socket?.readyState !== WebSocket.OPEN) return;
      const watch: WatchMessage = document.hidden ? nothing : mergeWishes(this.#wishes.values());
      this.#socket.send(bytesOf(watch));
    });
  }
}

function bytesOf(message: Parameters<typeof encodeMessage>[0]): Uint8Array<ArrayBuffer> {
  return encodeMessage(message) as Uint8Array<ArrayBuffer>;
}

const noSession = 'The process does not know it. Open the address that the process has printed.';

async function statusOf(path: string): Promise<number | undefined> {
  try {
    const { status } = await fetch(path, { method: 'HEAD', credentials: 'same-origin' });
    return status;
  } catch {
    return undefined;
  }
}

/** Why there is no session; `undefined` when there is one. */
async function openSession(token: string): Promise<string | undefined> {
  try {
    const response = await fetch('./session', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ token }),
      credentials: 'same-origin',
    });
    if (response.ok) return undefined;
    if (response.status === 429) return 'Too many tries. Wait a minute, then open the printed address again.';
    return 'The token of this address is not the one of the process. Open the address that it printed last.';
  } catch {
    return 'The process cannot be reached. Start it again, and open the address that it prints.';
  }
}
