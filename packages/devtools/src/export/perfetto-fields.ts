import type { PbfWriter } from 'pbf';

/** Field numbers of Perfetto's messages, as far as they are written: https://perfetto.dev/docs/reference. */
export const field = {
  trace: { packet: 1 },
  packet: { timestamp: 8, sequence: 10, trackEvent: 11, sequenceFlags: 13, trackDescriptor: 60 },
  track: { uuid: 1, name: 2, process: 3, thread: 4, parent: 5, counter: 8 },
  process: { pid: 1, name: 6 },
  thread: { pid: 1, tid: 2, name: 5 },
  event: { annotation: 4, type: 9, track: 11, category: 22, name: 23, doubleCounterValue: 44, flow: 47 },
  annotation: { bool: 2, int: 4, double: 5, string: 6, name: 10 },
} as const;

/** `TrackEvent.Type`. */
export const eventType = { sliceBegin: 1, sliceEnd: 2, instant: 3, counter: 4 } as const;

/** `TracePacket.SequenceFlags`. */
export const sequenceFlag = { cleared: 1 } as const;

export const category = 'troupe';

/** A name and what is to be shown for it. */
export type Annotation = readonly [name: string, value: string | number | boolean];

/** Writes the arguments of an event. */
export function annotations(pbf: PbfWriter, list: readonly Annotation[]): void {
  for (const each of list) pbf.writeMessage(field.event.annotation, annotation, each);
}

function annotation([name, value]: Annotation, pbf: PbfWriter): void {
  pbf.writeStringField(field.annotation.name, name);
  if (typeof value === 'string') pbf.writeStringField(field.annotation.string, value);
  else if (typeof value === 'boolean') pbf.writeBooleanField(field.annotation.bool, value);
  else if (Number.isSafeInteger(value)) pbf.writeVarintField(field.annotation.int, value);
  else pbf.writeDoubleField(field.annotation.double, value);
}
