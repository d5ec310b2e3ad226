/** Every contender: its module, and the parameters its `measure` is called with. */
import type { Load } from './contender.ts';

export interface ContenderSpec {
  /** Exports `measure`. */
  readonly module: URL;
  readonly parameters: Load['parameters'];
}

const small = { frameLength: 16, capacity: 1024, frames: 10_000_000 };
const smallCalls = { frameLength: 16, frames: 20_000, inFlight: 64 };
const frame64k = { frameLength: 16_384, capacity: 64, frames: 100_000 };
const frame1m = { frameLength: 262_144, capacity: 16, frames: 5_000 };
const produced64k = { ...frame64k, frames: 40_000 };
const produced1m = { ...frame1m, frames: 3_000 };
const observed = { pairs: 20, windowMs: 250 };
const ticks = { seconds: 20, hertz: '50,100,500,1000', saturated: false };
const trips = { warmUp: 5000, trips: 600, pauseMs: 1 };

const peers = {
  'ring-each': {
    module: new URL('./peers/ring-stream.ts', import.meta.url),
    parameters: { ...small, batch: 1 },
  },
  'ring-by-64': {
    module: new URL('./peers/ring-stream.ts', import.meta.url),
    parameters: { ...small, batch: 64 },
  },
  'ring-copy-64k': {
    module: new URL('./peers/ring-stream.ts', import.meta.url),
    parameters: { ...frame64k, batch: 1, copies: true },
  },
  'ring-copy-1m': {
    module: new URL('./peers/ring-stream.ts', import.meta.url),
    parameters: { ...frame1m, batch: 1, copies: true },
  },
  'post-message': {
    module: new URL('./peers/post-message.ts', import.meta.url),
    parameters: { frameLength: 16, frames: 400_000, window: 1024 },
  },
  tinypool: {
    module: new URL('./peers/tinypool.ts', import.meta.url),
    parameters: { ...smallCalls, threads: 0, callsPerThread: 0 },
  },
  'tinypool-tuned': {
    module: new URL('./peers/tinypool.ts', import.meta.url),
    parameters: { ...smallCalls, threads: 2, callsPerThread: 32 },
  },
  piscina: {
    module: new URL('./peers/piscina.ts', import.meta.url),
    parameters: { ...smallCalls, threads: 0, callsPerThread: 0 },
  },
  'piscina-tuned': {
    module: new URL('./peers/piscina.ts', import.meta.url),
    parameters: { ...smallCalls, threads: 1, callsPerThread: 64 },
  },
  'wait-notify': { module: new URL('./peers/wait-notify.ts', import.meta.url), parameters: trips },
  'wait-async': { module: new URL('./peers/wait-async.ts', import.meta.url), parameters: trips },
} satisfies Record<string, ContenderSpec>;

const troupe = {
  'troupe-stream': {
    module: new URL('./troupe/stream.ts', import.meta.url),
    parameters: { ...small, stats: true },
  },
  'troupe-stream-no-stats': {
    module: new URL('./troupe/stream.ts', import.meta.url),
    parameters: { ...small, stats: false },
  },
  'troupe-stream-tapped': {
    module: new URL('./troupe/observed.ts', import.meta.url),
    parameters: { ...observed, ...small, graph: 'stream', watcher: 'tap' },
  },
  'troupe-stream-traced': {
    module: new URL('./troupe/observed.ts', import.meta.url),
    parameters: { ...observed, ...small, graph: 'stream', watcher: 'trace' },
  },
  'troupe-values-tapped': {
    module: new URL('./troupe/observed.ts', import.meta.url),
    parameters: { ...observed, graph: 'values', watcher: 'tap' },
  },
  'troupe-values-traced': {
    module: new URL('./troupe/observed.ts', import.meta.url),
    parameters: { ...observed, graph: 'values', watcher: 'trace' },
  },
  'troupe-copy-64k': {
    module: new URL('./troupe/large.ts', import.meta.url),
    parameters: { ...frame64k, writes: 'copied' },
  },
  'troupe-copy-1m': {
    module: new URL('./troupe/large.ts', import.meta.url),
    parameters: { ...frame1m, writes: 'copied' },
  },
  'troupe-private-64k': {
    module: new URL('./troupe/large.ts', import.meta.url),
    parameters: { ...produced64k, writes: 'private' },
  },
  'troupe-in-place-64k': {
    module: new URL('./troupe/large.ts', import.meta.url),
    parameters: { ...produced64k, writes: 'in-place' },
  },
  'troupe-private-1m': {
    module: new URL('./troupe/large.ts', import.meta.url),
    parameters: { ...produced1m, writes: 'private' },
  },
  'troupe-in-place-1m': {
    module: new URL('./troupe/large.ts', import.meta.url),
    parameters: { ...produced1m, writes: 'in-place' },
  },
  'troupe-lone-frame': {
    module: new URL('./troupe/burst.ts', import.meta.url),
    parameters: { frames: 1, bursts: 300 },
  },
  'troupe-burst': {
    module: new URL('./troupe/burst.ts', import.meta.url),
    parameters: { frames: 64, bursts: 300 },
  },
  'troupe-round-trip': {
    module: new URL('./troupe/round-trip.ts', import.meta.url),
    parameters: { ...trips, io: false },
  },
  'troupe-io-round-trip': {
    module: new URL('./troupe/round-trip.ts', import.meta.url),
    parameters: { ...trips, io: true },
  },
  'troupe-fused-frames': {
    module: new URL('./troupe/fused.ts', import.meta.url),
    parameters: { frames: 20_000_000, kind: 'frames' },
  },
  'troupe-fused-values': {
    module: new URL('./troupe/fused.ts', import.meta.url),
    parameters: { frames: 20_000_000, kind: 'values' },
  },
  'troupe-simulate-calls': {
    module: new URL('./troupe/simulate-calls.ts', import.meta.url),
    parameters: { inputs: 100_000 },
  },
  'troupe-idle': { module: new URL('./troupe/idle.ts', import.meta.url), parameters: { seconds: 3 } },
  'troupe-watched': {
    module: new URL('./troupe/watched.ts', import.meta.url),
    parameters: { stages: 50, seconds: 10 },
  },
  'troupe-large-page': {
    module: new URL('../../packages/devtools/bench/large-page.ts', import.meta.url),
    parameters: { seconds: 4 },
  },
  'troupe-ticks-compute': {
    module: new URL('./troupe/ticks.ts', import.meta.url),
    parameters: { ...ticks, on: 'compute' },
  },
  'troupe-ticks-io': {
    module: new URL('./troupe/ticks.ts', import.meta.url),
    parameters: { ...ticks, on: 'io' },
  },
  'troupe-ticks-main': {
    module: new URL('./troupe/ticks.ts', import.meta.url),
    parameters: { ...ticks, on: 'main' },
  },
  'troupe-ticks-saturated': {
    module: new URL('./troupe/ticks.ts', import.meta.url),
    parameters: { ...ticks, on: 'compute', hertz: '1000', saturated: true },
  },
  'troupe-start': {
    module: new URL('./troupe/start.ts', import.meta.url),
    parameters: { stages: 2, warmStarts: 5 },
  },
  'troupe-start-1000': {
    module: new URL('./troupe/start.ts', import.meta.url),
    parameters: { stages: 1000, warmStarts: 0 },
  },
  'troupe-actors-1000': {
    module: new URL('./troupe/actors.ts', import.meta.url),
    parameters: { actors: 1000 },
  },
  'troupe-actors-2500': {
    module: new URL('./troupe/actors.ts', import.meta.url),
    parameters: { actors: 2500 },
  },
  'compile-1000': {
    module: new URL('../../packages/core/bench/compile.ts', import.meta.url),
    parameters: { stages: 1000 },
  },
  'writer-readers': {
    module: new URL('../../packages/mailbox/bench/readers.ts', import.meta.url),
    parameters: { readersMax: 4, commits: 4_000_000 },
  },
} satisfies Record<string, ContenderSpec>;

export const contenders: typeof peers & typeof troupe = { ...peers, ...troupe };
