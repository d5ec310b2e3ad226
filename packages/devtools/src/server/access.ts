import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import type { Bounds } from './bounds.ts';
import { TokenBucket } from './token-bucket.ts';

const secretBytes = 32;

/** Who may look: the token of the printed address gives a session, whose secret lies in a cookie. */
export class Access {
  /** Goes into the address; several pages may use it. */
  readonly token: string = secret();
  readonly #tokenDigest = digest(this.token);
  /** Digests of the secrets, oldest first: how long a look-up takes tells nothing of a secret. */
  readonly #sessions = new Set<string>();
  readonly #sessionsMax: number;
  readonly #attempts: TokenBucket;

  constructor({ sessionsMax, attempts }: Bounds, nowMs: number) {
    this.#sessionsMax = sessionsMax;
    this.#attempts = new TokenBucket(attempts, nowMs);
  }

  /** The secret of a new session, for the right token. */
  enter(token: string, nowMs: number): { readonly session: string } | 'wrong' | 'tooOften' {
    if (!this.#attempts.take(nowMs)) return 'tooOften';
    if (!timingSafeEqual(digest(token), this.#tokenDigest)) return 'wrong';
    const session = secret();
    this.#sessions.add(digest(session).toString('hex'));
    const [oldest = ''] = this.#sessions;
    if (this.#sessions.size > this.#sessionsMax) this.#sessions.delete(oldest);
    return { session };
  }

  isKnown(session: string | undefined): boolean {
    return session !== undefined && this.#sessions.has(digest(session).toString('hex'));
  }
}

function secret(): string {
  return randomBytes(secretBytes).toString('base64url');
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
