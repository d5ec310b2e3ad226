import type { WebSocket } from '@fastify/websocket';
import type { Bounds } from './bounds.ts';
import type { Hub } from './hub.ts';
import type { Line } from './line.ts';
import { closeCode } from './line.ts';
import type { Session } from './session.ts';
import { TokenBucket } from './token-bucket.ts';

const reasonBytesMax = 123;

/** Serves one socket as a page of a hub, until it closes; whatever is wrong with it closes it alone. */
export function serveSocket(socket: WebSocket, hub: Hub, bounds: Bounds): void {
  new Connection(socket, hub, bounds).begin();
}

class Connection implements Line {
  readonly #socket: WebSocket;
  readonly #hub: Hub;
  readonly #bounds: Bounds;
  readonly #messages: TokenBucket;
  #session: Session | undefined;
  #pinging: NodeJS.Timeout | undefined;
  #heardAtMs = performance.now();
  #isClosing = false;

  constructor(socket: WebSocket, hub: Hub, bounds: Bounds) {
    this.#socket = socket;
    this.#hub = hub;
    this.#bounds = bounds;
    this.#messages = new TokenBucket(bounds.messages, performance.now());
  }

  get waitingBytes(): number {
    return this.#socket.bufferedAmount;
  }

  begin(): void {
    const socket = this.#socket;
    socket.on('message', (data, isBinary) => this.#take(data as Buffer, isBinary));
    socket.on('ping', () => this.#pong());
    socket.on('pong', () => (this.#heardAtMs = performance.now()));
    socket.on('close', () => this.#closed());
    this.#attempt(() => (this.#session = this.#hub.join(this)));
    this.#pinging = setInterval(() => this.#ping(), this.#bounds.pingMs).unref();
  }

  send(bytes: Uint8Array): void {
    if (!this.#isClosing) this.#socket.send(bytes);
  }

  close(code: number, reason: string): void {
    if (this.#isClosing) return;
    this.#isClosing = true;
    this.#session?.end();
    this.#socket.close(code, fitting(reason));
    setTimeout(() => this.#socket.terminate(), this.#bounds.closingMsMax).unref();
  }

  #take(data: Buffer, isBinary: boolean): void {
    this.#heardAtMs = performance.now();
    if (this.#isClosing || !this.#mayCome()) return;
    if (isBinary) this.#attempt(() => this.#session?.receive(data));
    else this.close(closeCode.notBinary, 'messages are binary');
  }

  /** What fails here fails for this page: the run goes on. */
  #attempt(work: () => void): void {
    try {
      work();
    } catch (error) {
      this.close(closeCode.failed, `this cannot be told: ${String(error)}`);
    }
  }

  /** Pings count as messages: each of them is answered, also to a page that reads nothing. */
  #pong(): void {
    this.#heardAtMs = performance.now();
    if (!this.#isClosing && this.#mayCome()) this.#socket.pong();
  }

  #mayCome(): boolean {
    if (this.#messages.take(performance.now())) return true;
    this.close(closeCode.policy, 'too many messages');
    return false;
  }

  #ping(): void {
    if (performance.now() - this.#heardAtMs > this.#bounds.silenceMsMax) this.#socket.terminate();
    else if (!this.#isClosing) this.#socket.ping();
  }

  #closed(): void {
    this.#isClosing = true;
    clearInterval(this.#pinging);
    if (this.#session !== undefined) this.#hub.leave(this.#session);
  }
}

/** A close frame takes 123 bytes of UTF-8. */
function fitting(reason: string): string {
  const bytes = Buffer.from(reason);
  return bytes.length <= reasonBytesMax
    ? reason
    : bytes
        .subarray(0, reasonBytesMax - 3)
        .toString()
        .replace(/\uFFFD+$/, '');
}
