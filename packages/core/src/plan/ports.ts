import { dtypes, isDtype } from '@troupe/mailbox';
import type { FramePort, Port } from '../ports.ts';
import { checkName, isIntegerIn, show } from './problems.ts';
import type { Place, Problems } from './problems.ts';
import {
  arenaBytes,
  arenaBytesMax,
  capacityMax,
  frameBytes,
  frameBytesMax,
  messageBytesMax,
} from './sizes.ts';

/**
 * The ports of one side of a stage. `undefined` marks a port that is there but unusable, and already
 * reported.
 */
export type PortTable = ReadonlyMap<string, Port | undefined>;

/**
 * The ports that a stage declares, or computes from its parsed options. What is wrong with them is reported;
 * the result is `undefined` when there is no telling which ports there are.
 */
export function resolvePorts(
  problems: Problems,
  stage: string,
  side: 'inputs' | 'outputs',
  declared: unknown,
  options: unknown,
): PortTable | undefined {
  let ports = declared ?? {};
  if (typeof ports === 'function') {
    try {
      ports = (ports as (options: unknown) => unknown)(options) as object;
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      const message = `${side}(options) threw: ${reason}`;
      problems.error(
        'BAD_PORTS',
        { stage },
        message,
        'Make it a pure function that accepts what the schema lets pass.',
      );
      return undefined;
    }
  }
  if (typeof ports !== 'object' || ports === null || Array.isArray(ports)) {
    const message = `${side} is ${show(ports)}`;
    problems.error('BAD_PORTS', { stage }, message, 'Give an object of name: frame(…) or name: message(…).');
    return undefined;
  }
  const table = new Map<string, Port | undefined>();
  for (const [name, port] of Object.entries(ports)) {
    checkName(problems, 'port', name, { stage, port: name });
    table.set(name, checkPort(problems, stage, name, port, side) ? port : undefined);
  }
  return table;
}

function checkPort(
  problems: Problems,
  stage: string,
  name: string,
  port: unknown,
  side: 'inputs' | 'outputs',
): port is Port {
  const place = { stage, port: name };
  const kind = (port as Partial<Port> | null | undefined)?.kind;
  if (kind !== 'frame' && kind !== 'message') {
    problems.error(
      'BAD_PORTS',
      place,
      `${show(port)} is no port`,
      'Make ports with frame(dtype, shape) or message().',
    );
    return false;
  }
  const candidate = port as Port;
  const errorsBefore = problems.errors.length;
  if (!isIntegerIn(candidate.maxEmit, 1, capacityMax)) {
    const message = `maxEmit is ${show(candidate.maxEmit)}`;
    problems.error('BAD_MAX_EMIT', place, message, `Give an integer from 1 to ${capacityMax}.`);
  }
  if (candidate.kind === 'frame') {
    checkFrame(problems, place, candidate);
  } else if (!isIntegerIn(candidate.maxBytes, 1, messageBytesMax)) {
    const message = `maxBytes is ${show(candidate.maxBytes)}`;
    problems.error('BAD_MAX_BYTES', place, message, `Give an integer from 1 to ${messageBytesMax} bytes.`);
  } else if (side === 'outputs' && arenaBytes(1, candidate.maxEmit, candidate.maxBytes) > arenaBytesMax) {
    const message = `${candidate.maxEmit} messages of ${candidate.maxBytes} bytes need too large a ring`;
    problems.error(
      'RING_TOO_LARGE',
      place,
      message,
      `Lower maxEmit or maxBytes; a ring holds ${arenaBytesMax} bytes.`,
    );
  }
  return problems.errors.length === errorsBefore;
}

/** Reports a dtype, shape or size that no frame can have. */
export function checkFrame(problems: Problems, place: Place, port: Pick<FramePort, 'dtype' | 'shape'>): void {
  const { dtype, shape } = port;
  if (!isDtype(dtype)) {
    problems.error('BAD_DTYPE', place, `${show(dtype)} is no dtype`, `Use one of ${dtypes.join(', ')}.`);
  }
  if (!Array.isArray(shape) || !shape.every((size) => isIntegerIn(size, 1, frameBytesMax))) {
    const message = `${show(shape)} is no shape`;
    problems.error('BAD_SHAPE', place, message, 'Give an array of positive integers; [] is a scalar.');
  } else if (isDtype(dtype) && frameBytes(port) > frameBytesMax) {
    const message = `a frame of ${dtype} [${shape.join(', ')}] has ${frameBytes(port)} bytes`;
    problems.error(
      'FRAME_TOO_LARGE',
      place,
      message,
      `Split it; a frame has at most ${frameBytesMax} bytes.`,
    );
  }
}

/** A port's type as source, for messages. */
export function portText(port: Port): string {
  return port.kind === 'frame' ? `frame ${port.dtype} [${port.shape.join(', ')}]` : 'message';
}
