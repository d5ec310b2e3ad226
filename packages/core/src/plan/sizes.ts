import { arrayConstructor, frameLength, powerOfTwo } from '@troupe/mailbox';
import type { FramePort } from '../ports.ts';
import type { Overflow } from './types.ts';

/** Messages that may wait on an edge, and slots of a ring. */
export const capacityMax: number = 2 ** 24;
export const capacityDefault = 64;

/** Bytes of one frame. */
export const frameBytesMax: number = 2 ** 30;

/** Bytes of one message. Four of them make the largest arena. */
export const messageBytesMax: number = 2 ** 28;

/** Bytes of one ring, with its header (no more than this with 64 readers) and the meta of each slot. */
const ringBytesMax = 2 ** 31;
const headerBytesMax = 65_536;
const slotMetaBytes = 32;

/** Bytes of the arena of one message ring: offsets in it stay in 31 bits. */
export const arenaBytesMax: number = 2 ** 30;

/** Edges of one output port; a ring has 64 reader places, and taps want some of them. */
export const edgesPerPortMax = 56;
const readersMax = 64;
const tapPlaces = 8;

/** Capacity of a ring that no edge reads: what a tap needs to see more than it misses. */
const unreadCapacity = 4;

export function isLossyByReader(overflow: Overflow): boolean {
  return overflow === 'latest' || overflow === 'dropOldest';
}

/** Whether edges with this policy have a ring of their own: their writer decides what is dropped. */
export function hasOwnRing(overflow: Overflow): boolean {
  return overflow === 'dropNewest' || overflow === 'error';
}

/**
 * The slots of a ring. One whose reader may be overtaken needs as many again, to copy one while the writer is
 * ahead; and it holds what one call may emit, however small its capacity.
 */
export function ringSlots(capacity: number, isLossy: boolean, maxEmit: number): number {
  return isLossy ? powerOfTwo(Math.max(capacity, maxEmit)) * 2 : powerOfTwo(capacity);
}

/**
 * The capacity of an output's primary ring: the largest of its edges, or enough for one call where it has
 * none.
 */
export function primaryCapacity(edgeCapacities: readonly number[], maxEmit: number): number {
  if (edgeCapacities.length === 0) return Math.max(maxEmit, unreadCapacity);
  return edgeCapacities.reduce((largest, capacity) => Math.max(largest, capacity), 1);
}

export function frameReadersMax(edges: number): number {
  return Math.min(readersMax, edges + tapPlaces);
}

export function frameBytes(port: Pick<FramePort, 'dtype' | 'shape'>): number {
  return frameLength(port.shape) * arrayConstructor(port.dtype).BYTES_PER_ELEMENT;
}

/** Whether a frame ring exceeds what can be allocated. Slots are padded as in docs/memory-layout.md. */
export function isFrameRingTooLarge(port: FramePort, slots: number): boolean {
  const bytes = frameBytes(port);
  const padding = bytes < 64 ? 16 : 64;
  const slotBytes = Math.ceil(bytes / padding) * padding + slotMetaBytes;
  return slots > capacityMax || slots * slotBytes + headerBytesMax > ringBytesMax;
}

/** Whether a message ring exceeds what can be allocated. */
export function isMessageRingTooLarge(slots: number, arena: number): boolean {
  return slots > capacityMax || arena > arenaBytesMax;
}

/**
 * Bytes of a message ring's arena, a power of two: room for what one call may emit and two messages more (one
 * under way to the reader, one lost where a message does not fit before the end), 64 KiB, and 256 bytes per
 * message.
 */
export function arenaBytes(capacity: number, maxEmit: number, bytesMax: number): number {
  const bytes = Math.max(65_536, capacity * 256, (maxEmit + 2) * (Math.ceil(bytesMax / 8) * 8));
  return 2 ** Math.ceil(Math.log2(bytes));
}
