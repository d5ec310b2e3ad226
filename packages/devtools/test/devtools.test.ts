import { createServer } from 'node:net';
import { once } from 'node:events';
import { defineStage, graph, message } from '@troupe/core';
import type { Graph, Run } from '@troupe/core';
import type { ServerMessage } from '@troupe/core/telemetry';
import { decodeServerMessage, encodeMessage, stageColumns } from '@troupe/core/telemetry';
import { describe, expect, it, onTestFinished } from 'vitest';
import { WebSocket } from 'ws';
import { devtools } from '@troupe/devtools';
import type { DevtoolsOptions } from '@troupe/devtools';

const doubler = defineStage({
  name: 'doubler',
  inputs: { in: message<number>() },
  outputs: { out: message<number>() },
  create: () => ({ onInput: (input, out) => out.send('out', 2 * input.value) }),
});

function doubling(): Graph {
  const g = graph('doubling');
  const stage = g.stage('doubler', doubler, { worker: 'main' });
  g.input('numbers', stage.in.in);
  g.output('doubled', stage.out.out);
  return g;
}

/** A run that is watched; ends with the test. */
async function watched(options: DevtoolsOptions = {}): Promise<{ run: Run; url: URL }> {
  const urls: string[] = [];
  const tools = devtools({ ...options, onAddress: (url) => urls.push(url) });
  const run = await doubling().start({ observers: [tools] });
  onTestFinished(async () => {
    await run.stop();
    await tools.close();
  });
  return { run, url: new URL(urls[0] ?? '') };
}

/** Opens the printed address as the page does. */
async function openPage({ host, origin, hash }: URL): Promise<WebSocket> {
  const entered = await fetch(`${origin}/session`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', origin },
    body: JSON.stringify({ token: hash.replace('#token=', '') }),
  });
  expect(entered.status).toBe(204);
  const [cookie = ''] = (entered.headers.get('set-cookie') ?? '').split(';');
  const socket = new WebSocket(`ws://${host}/socket`, { headers: { origin, cookie } });
  onTestFinished(() => socket.terminate());
  return socket;
}

/** Resolves with the first message that a test is content with. */
function first(socket: WebSocket, isIt: (message: ServerMessage) => boolean): Promise<ServerMessage> {
  return new Promise((resolve) => {
    socket.on('message', (data) => {
      const said = decodeServerMessage(data as Buffer);
      if (isIt(said)) resolve(said);
    });
  });
}

const watch = { type: 'watch', statsMs: 100, details: [], taps: [], census: false, trace: false } as const;

describe('the devtools of a run', () => {
  it('show the graph and what its stages do', async () => {
    const { run, url } = await watched();
    const socket = await openPage(url);
    const pictured = first(socket, ({ type }) => type === 'graph');
    const handled = stageColumns.indexOf('handled');
    const counted = first(
      socket,
      (said) => said.type === 'stats' && said.stages.rows[0] === 0 && said.stages.values[handled] === 3,
    );
    await once(socket, 'open');
    socket.send(encodeMessage(watch));
    expect(await pictured).toMatchObject({ graph: { name: 'doubling', stages: [{ name: 'doubler' }] } });
    for (const number of [1, 2, 3]) await run.push('numbers', number);
    for (const double of [2, 4, 6]) expect((await run.pullOrThrow('doubled')).value).toBe(double);
    expect((await counted).type).toBe('stats');
  });

  it('serve the page, the plan and the figures', async () => {
    const { url } = await watched();
    const page = await fetch(url.origin);
    expect(await page.text()).toContain('<script type="module"');
    expect((await fetch(`${url.origin}/download/plan.json`)).status).toBe(401);
  });

  it('end with the run, and tell the page so', async () => {
    const { run, url } = await watched();
    const socket = await openPage(url);
    const ended = first(
      socket,
      (said) => said.type === 'happenings' && said.happenings.some(({ type }) => type === 'end'),
    );
    await once(socket, 'open');
    const closed = once(socket, 'close');
    await run.stop();
    expect((await ended).type).toBe('happenings');
    const [code, reason] = (await closed) as [number, Buffer];
    expect([code, reason.toString()]).toEqual([1001, 'the process has ended the page']);
    await expect.poll(async () => fetch(url.origin).catch(() => 'gone')).toBe('gone');
  });

  it('stay after the run for as long as they are to, or until they are closed', async () => {
    const urls: string[] = [];
    const tools = devtools({ lingerMs: Infinity, onAddress: (url) => urls.push(url) });
    const run = await doubling().start({ observers: [tools] });
    await run.stop();
    const url = new URL(urls[0] ?? '');
    const socket = await openPage(url);
    expect(await first(socket, ({ type }) => type === 'happenings')).toBeDefined();
    await tools.close();
    await expect(fetch(url.origin)).rejects.toThrow('fetch failed');
  });

  it('keep a run from starting where their port is taken', async () => {
    const other = createServer().listen(0, '127.0.0.1');
    onTestFinished(() => void other.close());
    await once(other, 'listening');
    const { port } = other.address() as { port: number };
    const starting = doubling().start({ observers: [devtools({ port })] });
    await expect(starting).rejects.toMatchObject({
      name: 'DevtoolsError',
      code: 'DEVTOOLS_ADDRESS',
      message: `127.0.0.1:${port} cannot be listened on: another program listens there`,
    });
  });
});
