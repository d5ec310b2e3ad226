import { describe, expect, it } from 'vitest';
import { openServer } from './opened.ts';

describe('downloads', () => {
  it('are the plan, as JSON to be saved', async () => {
    const server = await openServer();
    const cookie = await server.enter();
    const { headers, body } = await server.ask('/download/plan.json', { headers: { cookie } });
    expect(headers).toMatchObject({
      'content-type': 'application/json; charset=utf-8',
      'content-disposition': 'attachment; filename="plan.json"',
    });
    expect(JSON.parse(body)).toMatchObject({
      name: 'chain',
      bucketsNs: [0, 0, 0, 0],
      edges: [{ index: 0 }, { index: 1 }],
    });
  });

  it('are the figures, by their names', async () => {
    const server = await openServer();
    server.telemetry.setStage(1, 'handled', 41);
    server.telemetry.setStage(1, 'state', 1);
    const { body } = await server.ask('/download/stats.json', { headers: { cookie: await server.enter() } });
    expect(JSON.parse(body)).toMatchObject({
      graph: 'chain',
      mode: 'idle',
      events: { go: 3 },
      stages: [{ name: 'stage0' }, { name: 'stage1', handled: 41, state: 'running' }, { name: 'stage2' }],
      edges: [{ from: 'stage0.out', to: 'stage1.in', depth: 0 }, {}],
      workers: [{ role: 'main' }, { role: 'compute', busyNs: 0 }],
    });
  });

  it('are a trace of what comes then, which ends with its time', async () => {
    const server = await openServer();
    const cookie = await server.enter();
    server.telemetry.spans.push({
      kind: 'handle',
      worker: 1,
      stage: 2,
      work: 'input',
      at: 1.5,
      until: 2,
      calls: 3,
      isFailed: false,
      edge: 1,
      firstNs: 0,
      lastNs: 2e6,
      lateMs: undefined,
    });
    const { status, headers, body } = await server.ask('/download/trace.pftrace?ms=150', {
      headers: { cookie },
    });
    expect(status).toBe(200);
    expect(headers['content-disposition']).toBe('attachment; filename="trace.pftrace"');
    for (const name of ['worker 1 (compute)', 'stage2', 'depth stage0.out → stage1.in', 'idle']) {
      expect(body).toContain(name);
    }
    expect(server.telemetry.tracesOpen).toBe(0);
  });

  it.each(['ms=0', 'ms=60001', 'ms=-1', 'ms=1e3', 'ms=abc', 'ms=100&ms=200', 'other=1'])(
    'of a trace are refused with %s',
    async (query) => {
      const server = await openServer();
      const headers = { cookie: await server.enter() };
      expect((await server.ask(`/download/trace.pftrace?${query}`, { headers })).status).toBe(400);
      expect(server.telemetry.tracesOpen).toBe(0);
    },
  );

  it('of traces end with whoever wanted them, and are two at a time', async () => {
    const server = await openServer();
    const headers = { cookie: await server.enter(), host: server.host };
    const leave = new AbortController();
    const wanted = [1, 2].map(async () => {
      const response = await fetch(`${server.origin}/download/trace.pftrace?ms=60000`, {
        headers,
        signal: leave.signal,
      });
      return response.arrayBuffer();
    });
    await expect.poll(() => server.telemetry.tracesOpen).toBe(1);
    const third = async (): Promise<number> =>
      (await server.ask('/download/trace.pftrace?ms=1', { headers })).status;
    await expect.poll(third).toBe(503);
    leave.abort();
    expect((await Promise.allSettled(wanted)).map(({ status }) => status)).toEqual(['rejected', 'rejected']);
    await expect.poll(() => server.telemetry.tracesOpen).toBe(0);
    await expect.poll(third).toBe(200);
  });
});
