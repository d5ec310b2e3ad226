import type { ClientMessage } from '@troupe/core/telemetry';
import { clientLimits, decodeClientMessage } from '@troupe/core/telemetry';
import * as v from 'valibot';
import { isSound } from './shape.ts';

const index = v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(0xffff_ffff));
const whole = v.pipe(v.number(), v.safeInteger());
const name = v.pipe(v.string(), v.maxLength(256));
const names = v.pipe(v.array(name), v.maxLength(1_024));
const expression = v.pipe(v.string(), v.maxLength(1_024));
const path = v.pipe(v.string(), v.maxLength(4_096));

const between = (min: number, max: number) =>
  v.pipe(v.number(), v.integer(), v.minValue(min), v.maxValue(max));

const tap = v.strictObject({ edge: index, everyMs: between(33, 10_000), newest: between(1, 64) });

const watch = v.strictObject({
  type: v.literal('watch'),
  statsMs: v.union([v.literal(0), between(100, 10_000)]),
  details: v.pipe(v.array(index), v.maxLength(8)),
  taps: v.pipe(v.array(tap), v.maxLength(16)),
  census: v.boolean(),
  trace: v.boolean(),
});

const breakpoint = v.strictObject({
  stage: name,
  port: v.optional(name),
  on: v.picklist(['input', 'tick', 'error']),
  condition: v.optional(expression),
  holds: v.optional(v.picklist(['stage', 'graph'])),
  once: v.optional(v.boolean()),
});

const command = v.variant('do', [
  v.strictObject({ do: v.literal('pause'), stages: v.optional(names) }),
  v.strictObject({ do: v.literal('resume'), stages: v.optional(names) }),
  v.strictObject({ do: v.literal('step'), unit: v.picklist(['message', 'tick']), stage: name }),
  v.strictObject({ do: v.literal('stepPhase') }),
  v.strictObject({ do: v.literal('break'), at: breakpoint }),
  v.strictObject({ do: v.literal('unbreak'), id: index }),
  v.strictObject({ do: v.literal('rate'), target: name, hz: v.pipe(v.number(), v.finite()) }),
  v.strictObject({ do: v.literal('mode'), mode: name }),
  v.strictObject({ do: v.literal('event'), event: name, change: v.picklist(['set', 'reset', 'clear']) }),
  v.strictObject({ do: v.literal('resend'), letter: index }),
  v.strictObject({ do: v.literal('drop'), letter: index }),
  v.strictObject({ do: v.literal('stop'), drain: v.boolean() }),
  v.strictObject({ do: v.literal('path'), timeNs: whole }),
  v.strictObject({ do: v.literal('replay'), recording: path }),
  v.strictObject({ do: v.literal('seek'), timeNs: whole }),
  v.strictObject({ do: v.literal('seekStep'), step: index }),
  v.strictObject({ do: v.literal('closeReplay') }),
]);

const clientMessage: v.GenericSchema<unknown, ClientMessage> = v.variant('type', [
  watch,
  v.strictObject({ type: v.literal('command'), request: index, command }),
]);

/** What a page said; what is wrong with it in words, where it is no message of the protocol. */
export function readClientMessage(bytes: Uint8Array): ClientMessage | string {
  if (bytes.byteLength > clientLimits.bytesMax) return 'a message is too long';
  if (!isSound(bytes)) return 'bytes are no message';
  let message: unknown;
  try {
    message = decodeClientMessage(bytes);
  } catch (error) {
    return (error as Error).message;
  }
  const result = v.safeParse(clientMessage, message, { abortEarly: true });
  if (result.success) return result.output;
  const [issue] = result.issues;
  const place = v.getDotPath(issue);
  return `a message has a wrong ${place === null ? 'shape' : `field ${place.slice(0, 60)}`}`;
}
