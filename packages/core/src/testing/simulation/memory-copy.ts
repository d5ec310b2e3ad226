import type { SharedRun } from '../../drivers/messages.ts';

/** All memory that the threads of a run share. */
export function buffersOf(shared: SharedRun): readonly SharedArrayBuffer[] {
  const { bells, rings, gauges, ledger, events, resources, latches, journals, turn } = shared;
  const all = [bells, ...rings, gauges, ledger, events, resources, ...latches, ...journals, turn];
  return all.filter((buffer) => buffer !== undefined);
}

/** Copies memory as it is at an instant. Returns what puts it back. */
export function keepMemory(buffers: readonly SharedArrayBuffer[]): () => void {
  const copies = buffers.map((buffer) => new Uint8Array(buffer).slice());
  return () => {
    for (const [i, buffer] of buffers.entries()) new Uint8Array(buffer).set(copies[i] as Uint8Array);
  };
}
