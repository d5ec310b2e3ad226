import { setTimeout as delay } from 'node:timers/promises';
import { Readable } from 'node:stream';
import type { SpanWire, Telemetry } from '@troupe/core/telemetry';
import { edgeColumns } from '@troupe/core/telemetry';
import type { FastifyInstance, preValidationAsyncHookHandler } from 'fastify';
import * as v from 'valibot';
import { PerfettoWriter } from '../export/perfetto.ts';
import type { TracedEvent } from '../export/perfetto.ts';
import { nameOf } from './downloads.ts';
import { say } from './sessions.ts';
import type { TraceFeed } from './trace-feed.ts';

const lookMs = 100;
const msMax = 60_000;
/** At a time: each of them makes the workers write down what they do. */
const downloadsMax = 2;
const nsPerMs = 1e6;
const depthColumn = edgeColumns.indexOf('depth');

const query = v.strictObject({
  ms: v.optional(
    v.pipe(v.string(), v.regex(/^\d{1,5}$/), v.transform(Number), v.minValue(1), v.maxValue(msMax)),
    '5000',
  ),
});

/** Adds the trace of the next `ms` milliseconds, as a file for ui.perfetto.dev, sent while it is made. */
export function addTraceDownload(
  app: FastifyInstance,
  telemetry: Telemetry,
  feed: TraceFeed,
  isKnown: preValidationAsyncHookHandler,
): void {
  let underWay = 0;
  app.get('/download/trace.pftrace', { preValidation: isKnown }, (request, reply) => {
    const asked = v.safeParse(query, request.query);
    if (!asked.success) return say(reply, 400, `Give ms, a whole number from 1 to ${msMax}.`);
    if (underWay >= downloadsMax)
      return say(reply, 503, `${downloadsMax} traces are being made. Wait for one.`);
    underWay += 1;
    const pieces = Readable.from(piecesOf(telemetry, feed, asked.output.ms));
    pieces.once('close', () => (underWay -= 1));
    return reply
      .type('application/octet-stream')
      .header('content-disposition', 'attachment; filename="trace.pftrace"')
      .send(pieces);
  });
}

async function* piecesOf(telemetry: Telemetry, feed: TraceFeed, ms: number): AsyncGenerator<Uint8Array> {
  const graph = telemetry.graph();
  const writer = new PerfettoWriter({
    name: graph.name,
    pid: process.pid,
    threads: graph.workers.map(({ index, role }) => ({
      index,
      name: role === 'main' ? 'main' : `worker ${index} (${role})`,
      isAsync: role !== 'compute',
    })),
    edges: graph.edges.map(({ from, to }) => `${nameOf(graph, from)} → ${nameOf(graph, to)}`),
    isRealtime: graph.clock === 'realtime',
  });
  let events: TracedEvent[] = [];
  const leave = feed.take((spans) => {
    for (const span of spans) events.push(eventOf(span, (stage) => graph.stages[stage]?.name ?? '?'));
  });
  try {
    let mode: string | undefined;
    for (const endMs = performance.now() + ms; performance.now() < endMs;) {
      await delay(lookMs, undefined, { ref: false });
      feed.read();
      const reading = telemetry.read();
      const atNs = reading.elapsedMs * nsPerMs;
      if (reading.mode !== mode) events.push({ kind: 'mode', mode: (mode = reading.mode), atNs });
      for (const { index, from, to } of graph.edges) {
        const value = reading.edges[index * edgeColumns.length + depthColumn] ?? 0;
        events.push({
          kind: 'counter',
          name: `depth ${nameOf(graph, from)} → ${nameOf(graph, to)}`,
          atNs,
          value,
        });
      }
      yield writer.write(events);
      events = [];
    }
    yield writer.end(telemetry.read().elapsedMs * nsPerMs);
  } finally {
    leave();
  }
}

function eventOf(span: SpanWire, stageName: (stage: number) => string): TracedEvent {
  const { worker, at, until } = span;
  const times = { worker, startNs: Math.round(at * nsPerMs), endNs: Math.round(until * nsPerMs) };
  if (span.kind === 'sleep') return { kind: 'sleep', ...times };
  const stage = stageName(span.stage);
  if (span.kind !== 'handle') return { kind: span.kind, stage, ...times };
  const { work, calls, isFailed, edge = -1, firstNs: firstTime, lastNs: lastTime } = span;
  return { kind: 'calls', stage, work, edge, calls, isFailed, firstTime, lastTime, ...times };
}
