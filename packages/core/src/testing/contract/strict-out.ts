import { arrayConstructor, decode, encode, frameLength } from '@troupe/mailbox';
import type { FrameArray } from '@troupe/mailbox';
import { isDeepStrictEqual } from 'node:util';
import type { FramePort, MessagePort, Port } from '../../ports.ts';
import type { Out } from '../../stage.ts';
import { payloadText } from '../equality.ts';
import { Loan } from './loan.ts';
import type { ClauseName, Emission } from './played.ts';

interface Committed {
  readonly loan: Loan;
  readonly emission: Emission;
}

interface SentValue {
  readonly port: string;
  readonly value: unknown;
  readonly copy: unknown;
}

/** What a strict `Out` is made of. */
interface StrictParts {
  readonly ports: ReadonlyMap<string, Port>;
  /** The most emissions of one call, by port. */
  readonly limits: ReadonlyMap<string, number>;
  /** Old content of reserved frames, as a byte. */
  readonly stale: number;
  readonly note: (clause: ClauseName, text: string) => void;
}

/**
 * An `Out` that notes what no stage may do, and goes on: an emission that does not fit is left out, so
 * that each wrong thing shows as itself and not as what follows from it.
 */
export class StrictOut implements Out {
  readonly #parts: StrictParts;
  #isOpen = false;
  #isStopped = false;
  #time = 0;
  readonly #reserved = new Map<string, Loan>();
  readonly #counts = new Map<string, number>();
  #committed: Committed[] = [];
  #values: SentValue[] = [];
  #pending: Emission[] = [];
  #shown: Emission[] = [];
  readonly #returned: Loan[] = [];

  constructor(parts: StrictParts) {
    this.#parts = parts;
  }

  /** A handler call begins. */
  open(timeNs: number): void {
    this.#isOpen = true;
    this.#time = timeNs;
    this.#shown = [];
    this.#counts.clear();
  }

  /** The call has returned or settled (or thrown, which discards). What it has emitted. */
  close(isDone: boolean): readonly Emission[] {
    this.#isOpen = false;
    if (isDone) {
      for (const port of this.#reserved.keys()) {
        this.#parts.note('committed', `the frame that reserve('${port}') gave is left uncommitted`);
      }
      this.#show();
    }
    this.#returnFrames();
    for (const loan of this.#reserved.values()) this.#return(loan);
    this.#reserved.clear();
    this.#values = [];
    this.#pending = [];
    return this.#shown;
  }

  /** `onStop` begins: nothing is emitted any more. */
  stop(): void {
    this.#isStopped = true;
  }

  /** Whether frames that went out are as the ring has them: nobody writes to them any more. */
  checkReturned(): void {
    if (this.#returned.every((loan) => loan.isIntact())) return;
    this.#parts.note('buffers', 'a frame that reserve gave was written to after its call had ended');
  }

  reserve(port: string): never {
    const declared = this.#port(port);
    const kept = this.#reserved.get(port);
    if (kept !== undefined) return kept.view as never;
    const { dtype, shape } = declared?.kind === 'frame' ? declared : anyFrame;
    const loan = new Loan(dtype, frameLength(shape), this.#parts.stale);
    if (declared === undefined) return loan.view as never;
    if (declared.kind === 'message') this.#parts.note('fits', `reserve('${port}'): the port carries values`);
    else this.#reserved.set(port, loan);
    return loan.view as never;
  }

  commit(port: string): void {
    const declared = this.#port(port);
    if (declared?.kind !== 'frame') return;
    const loan = this.#reserved.get(port);
    if (loan === undefined) {
      this.#parts.note('committed', `commit('${port}') without reserve('${port}')`);
      return;
    }
    this.#reserved.delete(port);
    loan.seal();
    const emission = this.#emit(port, ownCopy(loan.view));
    this.#committed.push({ loan, emission });
  }

  send(port: string, data: unknown): void {
    const declared = this.#port(port);
    if (declared === undefined) return;
    const refusal = declared.kind === 'frame' ? frameRefusal(declared, data) : undefined;
    if (refusal !== undefined) {
      this.#parts.note('fits', `send('${port}', ${payloadText(data)}): ${refusal}`);
    } else if (declared.kind === 'frame') {
      this.#emit(port, ownCopy(data as FrameArray));
    } else {
      this.#sendValue(port, declared, data);
    }
  }

  at(timeNs: number): void {
    if (Number.isSafeInteger(timeNs)) this.#time = timeNs;
    else this.#parts.note('fits', `at(${timeNs}): not an integer`);
  }

  async flush(): Promise<void> {
    if (!this.#isOpen) this.#stray('flush()');
    this.#show();
    this.#returnFrames();
  }

  #sendValue(port: string, declared: MessagePort, value: unknown): void {
    const refused = (why: string): void => {
      this.#parts.note('fits', `send('${port}', ${payloadText(value)}): ${why}`);
    };
    let bytes: Uint8Array;
    try {
      bytes = encode(value).slice();
    } catch (error) {
      return refused((error as Error).message);
    }
    if (bytes.length > declared.maxBytes) {
      return refused(`${bytes.length} bytes, the port takes ${declared.maxBytes}`);
    }
    const result = declared.schema?.['~standard'].validate(value);
    if (result !== undefined && 'issues' in result && result.issues !== undefined) {
      return refused(`the schema says ${result.issues.map(({ message }) => message).join('; ')}`);
    }
    const copy = decode(bytes);
    this.#values.push({ port, value, copy: decode(bytes) });
    this.#emit(port, copy);
  }

  /** The port, if something may be emitted there now. */
  #port(port: string): Port | undefined {
    const declared = this.#parts.ports.get(port);
    if (!this.#isOpen) {
      this.#stray(`an emission on '${port}'`);
      return undefined;
    }
    if (declared === undefined) this.#parts.note('fits', `there is no output port '${port}'`);
    return declared;
  }

  #stray(what: string): void {
    if (this.#isStopped) this.#parts.note('silent', `${what} after onStop has begun`);
    else this.#parts.note('serial', `${what} while no handler was running`);
  }

  #emit(port: string, data: unknown): Emission {
    const emission = { port, data, time: this.#time };
    const count = (this.#counts.get(port) ?? 0) + 1;
    const limit = this.#parts.limits.get(port) ?? 1;
    this.#counts.set(port, count);
    if (count === limit + 1) this.#parts.note('bounded', `over ${limit} emissions on '${port}' in one call`);
    this.#pending.push(emission);
    return emission;
  }

  /** Nothing of what goes out may have changed since it was emitted. */
  #show(): void {
    for (const { loan, emission } of this.#committed) {
      if (loan.isIntact()) continue;
      this.#parts.note('buffers', `a frame of '${emission.port}' was written to after its commit`);
    }
    for (const { port, value, copy } of this.#values) {
      if (isDeepStrictEqual(decode(encode(value)), copy)) continue;
      this.#parts.note('buffers', `a value was changed after it was sent to '${port}'`);
    }
    this.#values = [];
    this.#shown.push(...this.#pending);
    this.#pending = [];
  }

  #returnFrames(): void {
    for (const { loan } of this.#committed) this.#return(loan);
    this.#committed = [];
  }

  #return(loan: Loan): void {
    loan.poison();
    this.#returned.push(loan);
  }
}

const anyFrame = { dtype: 'float64', shape: [1024] } as const;

function ownCopy(frame: FrameArray): FrameArray {
  const copy = new (frame.constructor as new (length: number) => Float64Array)(frame.length);
  copy.set(frame as Float64Array);
  return copy;
}

function frameRefusal({ dtype, shape }: FramePort, data: unknown): string | undefined {
  const length = frameLength(shape);
  const wanted = arrayConstructor(dtype);
  if (!(data instanceof wanted)) return `the port takes a ${wanted.name}`;
  return data.length === length ? undefined : `${data.length} elements, the port takes ${length}`;
}
