import type { ErrorWire, NumbersArray, NumbersWire, ValueWire } from './wire.ts';

/** How much of a value is shown. */
export interface ValueLimits {
  /** Bytes in all, about. 65,536 unless given. */
  readonly bytesMax?: number;
  /** 8 unless given. */
  readonly depthMax?: number;
  /** Entries of each list or object. 200 unless given. */
  readonly itemsMax?: number;
  /** Whether what lies at a path is hidden. */
  readonly redact?: ((path: string) => boolean) | undefined;
}

const bytesMaxDefault = 65_536;
const depthMaxDefault = 8;
const itemsMaxDefault = 200;
const textMax = 2_000;

/** A value as it can be shown. `path`: where it stands, for `redact`. Calls no getter of the value. */
export function describe(value: unknown, path: string, limits: ValueLimits = {}): ValueWire {
  return new Description(limits).of(value, path, 0);
}

/** An error with its causes, at most eight. */
export function describeError(error: unknown, depth: number = 0): ErrorWire {
  if (!(error instanceof Error)) {
    const message = nameOf(error);
    return { name: 'Error', code: undefined, message, remedy: undefined, stack: undefined, cause: undefined };
  }
  const { name, message, stack, code, remedy } = error as unknown as Readonly<Record<string, unknown>>;
  return {
    name: textOf(name) ?? 'Error',
    code: textOf(code),
    message: (textOf(message) ?? whatIs(message)).slice(0, textMax),
    remedy: textOf(remedy),
    stack: textOf(stack)?.slice(0, 4 * textMax),
    cause: error.cause === undefined || depth === 7 ? undefined : describeError(error.cause, depth + 1),
  };
}

/** A text without a call of the object's own code. */
function nameOf(value: unknown): string {
  return typeof value === 'object' && value !== null ? whatIs(value) : String(value);
}

/** Programs may put anything there. */
function textOf(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}

/** A typed array, or a frame of some shape; its first elements where it takes more than `bytesMax`. */
export function describeNumbers(
  view: NumbersArray | { readonly BYTES_PER_ELEMENT: number; readonly length: number },
  dtype: string,
  shape: readonly number[],
  bytesMax: number,
): NumbersWire {
  const { BYTES_PER_ELEMENT: width, length } = view;
  const count = Math.min(length, Math.max(1, Math.floor(bytesMax / width)));
  const part = (view as NumbersArray).subarray(0, count);
  return {
    dtype,
    shape,
    length,
    data: dtype === 'float16' ? Float32Array.from(part as never) : part.slice(),
  };
}

class Description {
  readonly #limits: ValueLimits;
  #bytesLeft: number;
  readonly #above: object[] = [];

  constructor(limits: ValueLimits) {
    this.#limits = limits;
    this.#bytesLeft = limits.bytesMax ?? bytesMaxDefault;
  }

  of(value: unknown, path: string, depth: number): ValueWire {
    if (this.#limits.redact?.(path) === true) return { kind: 'cut', why: 'redacted', what: '' };
    if (this.#bytesLeft <= 0) return { kind: 'cut', why: 'budget', what: whatIs(value) };
    this.#bytesLeft -= 8;
    switch (typeof value) {
      case 'boolean':
      case 'number':
        return { kind: 'plain', value };
      case 'string':
        return this.#text(value);
      case 'undefined':
        return { kind: 'undefined' };
      case 'bigint':
        return { kind: 'bigint', text: value.toString().slice(0, textMax) };
      case 'object':
        return value === null ? { kind: 'plain', value } : this.#object(value, path, depth);
      default:
        return { kind: 'cut', why: 'opaque', what: whatIs(value) };
    }
  }

  #text(text: string): ValueWire {
    const shown = text.slice(0, Math.min(textMax, Math.max(1, this.#bytesLeft)));
    this.#bytesLeft -= shown.length;
    if (shown.length === text.length) return { kind: 'plain', value: text };
    return { kind: 'text', text: shown, length: text.length };
  }

  #object(value: object, path: string, depth: number): ValueWire {
    if (value instanceof Date) return { kind: 'date', ms: value.getTime() };
    if (value instanceof Error) return { kind: 'error', error: describeError(value) };
    if (value instanceof RegExp) return { kind: 'plain', value: value.toString() };
    if (ArrayBuffer.isView(value) || value instanceof ArrayBuffer) return this.#numbers(value);
    const isDeep = depth >= (this.#limits.depthMax ?? depthMaxDefault);
    if (isDeep || this.#above.includes(value)) return { kind: 'cut', why: 'depth', what: whatIs(value) };
    this.#above.push(value);
    const shown = this.#inside(value, path, depth + 1);
    this.#above.pop();
    return shown;
  }

  #numbers(value: ArrayBufferView | ArrayBuffer): ValueWire {
    const isBytes = value instanceof ArrayBuffer || value instanceof DataView;
    const view = (
      value instanceof ArrayBuffer
        ? new Uint8Array(value)
        : value instanceof DataView
          ? new Uint8Array(value.buffer, value.byteOffset, value.byteLength)
          : value
    ) as NumbersArray;
    const dtype = isBytes ? 'uint8' : whatIs(value).replace('Array', '').toLowerCase();
    const numbers = describeNumbers(view, dtype, [view.length], this.#bytesLeft);
    this.#bytesLeft -= numbers.data.byteLength;
    return { kind: 'numbers', numbers };
  }

  #inside(value: object, path: string, depth: number): ValueWire {
    const itemsMax = this.#limits.itemsMax ?? itemsMaxDefault;
    if (Array.isArray(value)) {
      // With `undefined` in its gaps.
      const shown = Array.from(value.slice(0, itemsMax) as unknown[]);
      const items = shown.map((item, at) => this.of(item, `${path}[${at}]`, depth));
      return { kind: 'list', items, length: value.length };
    }
    if (value instanceof Set) {
      const items = [...value.values().take(itemsMax)].map((item) => this.of(item, `${path}[]`, depth));
      return { kind: 'set', items, size: value.size };
    }
    if (value instanceof Map) {
      const pairs = [...value.entries().take(itemsMax)].map(
        ([key, item]): readonly [ValueWire, ValueWire] => [
          this.of(key, `${path}{}`, depth),
          this.of(item, `${path}.${nameOf(key)}`, depth),
        ],
      );
      return { kind: 'map', entries: pairs, size: value.size };
    }
    const fields = Object.entries(Object.getOwnPropertyDescriptors(value)).filter(
      ([, { enumerable }]) => enumerable === true,
    );
    const entries = fields.slice(0, itemsMax).map(([key, field]): readonly [string, ValueWire] => {
      this.#bytesLeft -= key.length;
      const shown: ValueWire =
        'value' in field
          ? this.of(field.value, `${path}.${key}`, depth)
          : { kind: 'cut', why: 'opaque', what: 'getter' };
      return [key, shown];
    });
    return { kind: 'fields', name: classOf(value), entries, size: fields.length };
  }
}

function classOf(value: object): string {
  const prototype = Object.getPrototypeOf(value) as {
    readonly constructor?: { readonly name?: unknown };
  } | null;
  const name = textOf(prototype?.constructor?.name) ?? '';
  return name === 'Object' ? '' : name;
}

/** In one word, what something is that is not shown. */
function whatIs(value: unknown): string {
  if (value === null || typeof value !== 'object') return typeof value;
  if (Array.isArray(value)) return `list of ${value.length}`;
  return ArrayBuffer.isView(value)
    ? Object.prototype.toString.call(value).slice(8, -1)
    : classOf(value) || 'object';
}
