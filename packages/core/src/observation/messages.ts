import { frameLength } from '@troupe/mailbox';
import type { FrameArray } from '@troupe/mailbox';
import type { Plan } from '../plan/types.ts';
import type { TelemetryLimits } from '../telemetry/source.ts';
import { describe, describeNumbers } from '../telemetry/value.ts';
import type { MessageWire, ValueWire } from '../telemetry/wire.ts';

const bytesMaxDefault = 65_536;

/** A message as it lies in the application's hands. */
export interface ShownMessage {
  readonly frame: FrameArray | undefined;
  readonly value: unknown;
  readonly seq: number;
  readonly time: number;
  readonly redelivered?: boolean;
  readonly resent?: boolean;
}

/** A message of a stage's port, or (stage -1) of an input of the graph, as observers see it. */
export function showMessage(
  plan: Plan,
  stage: number,
  port: string,
  message: ShownMessage,
  limits: TelemetryLimits,
): MessageWire {
  const { seq, time, redelivered = false, resent = false } = message;
  const payload = showPayload(plan, stage, port, message, limits);
  return { stage, port, seq, timeNs: time, payload, redelivered, resent };
}

function showPayload(
  plan: Plan,
  stage: number,
  port: string,
  { frame, value }: ShownMessage,
  { redact, valueBytesMax = bytesMaxDefault }: TelemetryLimits,
): ValueWire {
  const { name } = plan.actors[stage] ?? {};
  const path = name === undefined ? `> ${port}` : `${name}.${port}`;
  if (frame === undefined) return describe(value, path, { redact, bytesMax: valueBytesMax });
  if (redact?.(path) === true) return { kind: 'cut', why: 'redacted', what: '' };
  const dtype = frame[Symbol.toStringTag].replace('Array', '').toLowerCase();
  const numbers = describeNumbers(frame, dtype, shapeOf(plan, stage, port, frame.length), valueBytesMax);
  return { kind: 'numbers', numbers };
}

/** The shape that frames have: of an output, of an input of the graph, or (by its writer) of any input. */
function shapeOf(plan: Plan, stage: number, port: string, length: number): readonly number[] {
  const actor = plan.actors[stage];
  const outlet = actor?.outlets.find((each) => each.port === port);
  const pushed = actor === undefined ? plan.inputs.find(({ name }) => name === port) : undefined;
  const from = plan.edges[actor?.inlets.find((each) => each.port === port)?.edge ?? -1]?.from;
  const source =
    from?.kind === 'actor'
      ? plan.actors[from.actor]?.outlets.find((each) => each.port === from.port)
      : plan.inputs.find(({ name }) => name === from?.name);
  const shape = outlet?.shape ?? pushed?.shape ?? source?.shape;
  return shape !== undefined && frameLength(shape) === length ? shape : [length];
}
