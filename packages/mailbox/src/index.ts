export { decode, encode } from './codec.ts';
export { Dispatcher } from './dispatcher.ts';
export { allocateDoorbells, Doorbell } from './doorbell.ts';
export { allocateFrame, arrayConstructor, dtypes, frameLength, isDtype } from './dtype.ts';
export type { ArrayOf, Dtype, FrameArray } from './dtype.ts';
export {
  EdgeOverflowError,
  EmitError,
  LayoutError,
  MessageTooLargeError,
  NotSerialisableError,
  SpillOverflowError,
  TooManyReadersError,
  TroupeError,
} from './errors.ts';
export type { ErrorDetails } from './errors.ts';
export { copyFrame, FrameReader, FrameWriter } from './frame-ring.ts';
export {
  actorCount,
  allocateGauges,
  edgeReaderCount,
  edgeWriterCount,
  Gauges,
  workerCount,
} from './gauges.ts';
export type { ActorGauges, ActorReading, EdgeGauges, WorkerGauges } from './gauges.ts';
export { bucketBoundNs, histogramBuckets } from './histogram.ts';
export type { LatencySummary } from './histogram.ts';
export { allocateJournal, eventsId, ledgerId, redo } from './journal.ts';
export type { Journaled } from './journal.ts';
export type { Journal } from './journal.ts';
export { allocateLatch, LatchReader, LatchWriter } from './latch.ts';
export {
  allocateFrameRing,
  flag,
  lineBytes,
  lineWords,
  slotsMax,
  powerOfTwo,
  startRingAt,
} from './layout.ts';
export type { FrameRingSpec } from './layout.ts';
export { localQueue } from './local-queue.ts';
export type { LocalReader, LocalWriter } from './local-queue.ts';
export type { MailboxReader, Releasable } from './mailbox-reader.ts';
export { allocateMessageRing, MessageReader, MessageWriter } from './message-ring.ts';
export { allocateTapControl, MessageTap, TapControl } from './message-tap.ts';
export { MessageOutlet } from './message-outlet.ts';
export type { MessageEdge } from './message-outlet.ts';
export { FrameOutlet } from './outlet.ts';
export type { Outlet, RefusalPolicy, RefusingEdge } from './outlet.ts';
export {
  attachReader,
  detachReader,
  endRing,
  heldFor,
  oldestTime,
  readerCursor,
  ringHead,
} from './ring-places.ts';
export { Envelope, RingReader } from './ring-reader.ts';
export type { ReaderOptions, ReaderPolicy } from './ring-reader.ts';
export { RingWriter } from './ring-writer.ts';
