import type { GraphWire, Telemetry, TelemetryLimits } from '@troupe/core/telemetry';
import { actorStates, edgeColumns, stageColumns, workerColumns } from '@troupe/core/telemetry';
import type { FastifyInstance, FastifyReply, preValidationAsyncHookHandler } from 'fastify';

/** Adds what a page offers to save: the plan and the figures of now, as JSON. */
export function addDownloads(
  app: FastifyInstance,
  telemetry: Telemetry,
  limits: TelemetryLimits,
  isKnown: preValidationAsyncHookHandler,
): void {
  const guarded = { preValidation: isKnown };
  app.get('/download/plan.json', guarded, (_request, reply) =>
    attach(reply, 'plan.json', json(telemetry.graph(limits))),
  );
  app.get('/download/stats.json', guarded, (_request, reply) =>
    attach(reply, 'stats.json', json(snapshot(telemetry, limits))),
  );
}

function attach(reply: FastifyReply, name: string, content: string): FastifyReply {
  return reply
    .type('application/json; charset=utf-8')
    .header('content-disposition', `attachment; filename="${name}"`)
    .send(content);
}

/** The figures of now by their names. */
function snapshot(telemetry: Telemetry, limits: TelemetryLimits): object {
  const graph = telemetry.graph(limits);
  const { elapsedMs, stages, edges, workers, mode, events } = telemetry.read();
  const { queueWait, handler } = telemetry.latencies();
  return {
    graph: graph.name,
    epochMs: telemetry.epochMs,
    elapsedMs,
    mode,
    events: Object.fromEntries(graph.events.map((name, at) => [name, events[at]])),
    stages: graph.stages.map(({ index, name }) => {
      const figures = row(stages, stageColumns, index);
      const state = actorStates[figures['state'] ?? 0];
      return { name, ...figures, state, queueWaitNs: queueWait[index], handlerNs: handler[index] };
    }),
    edges: graph.edges.map(({ index, from, to }) => {
      return { from: nameOf(graph, from), to: nameOf(graph, to), ...row(edges, edgeColumns, index) };
    }),
    workers: graph.workers.map(({ index, role }) => ({ index, role, ...row(workers, workerColumns, index) })),
  };
}

function row(table: Float64Array, columns: readonly string[], index: number): Record<string, number> {
  return Object.fromEntries(columns.map((name, at) => [name, table[index * columns.length + at] ?? 0]));
}

/** What an end of an edge is called. */
export function nameOf({ stages }: GraphWire, end: GraphWire['edges'][number]['from']): string {
  return end.kind === 'boundary' ? end.name : `${stages[end.stage]?.name ?? '?'}.${end.port}`;
}

function json(value: object): string {
  const plain = (_key: string, field: unknown): unknown => {
    if (typeof field === 'bigint') return field.toString();
    return ArrayBuffer.isView(field) && !(field instanceof DataView) ? Array.from(field as never) : field;
  };
  return `${JSON.stringify(value, plain, 2)}\n`;
}
