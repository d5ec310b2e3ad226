import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { buildPage } from './built-page.ts';
import { fixture, troupe } from './child.ts';

const folder = mkdtempSync(join(tmpdir(), 'troupe-replay-page-'));
const graph = fixture('two-stages.ts');
const recording = join(folder, 'run.trp');
const stays = 'The page stays open until Ctrl-C.';

beforeAll(async () => {
  await troupe(['run', graph, '--clock', 'fast', '--record', recording]);
  await buildPage();
}, 240_000);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

interface Served {
  readonly address: URL;
  readonly status: number;
}

/** What the page answered while it stayed; it is left by Ctrl-C once it does. */
async function served(args: readonly string[]): Promise<Served & Awaited<ReturnType<typeof troupe>>> {
  let address = '';
  let status = 0;
  const finished = await troupe(['replay', recording, graph, '--devtools', ...args], undefined, {
    onErrorLine: (line, interrupt) => {
      address ||= /^devtools: (.*)$/.exec(line)?.[1] ?? '';
      if (line !== stays) return;
      void fetch(address).then((answer) => {
        ({ status } = answer);
        interrupt();
      });
    },
  });
  return { ...finished, address: new URL(address), status };
}

describe('troupe replay --devtools', { timeout: 60_000 }, () => {
  it('reports, and serves a page with the scrubber until Ctrl-C', async () => {
    const { code, stdout, stderr, address, status } = await served([]);
    expect(address.hostname).toBe('127.0.0.1');
    expect(address.searchParams.get('view')).toBe('replay');
    expect(address.hash).toMatch(/^#token=[\w-]{43}$/);
    expect(status).toBe(200);
    expect(stdout).toMatch(/ messages compared: identical$/m);
    expect(stderr.trimEnd().split('\n')).toEqual([`devtools: ${address.href}`, stays]);
    expect(code).toBe(0);
    await expect(fetch(address)).rejects.toThrow('fetch failed');
  });

  it('with control, waits before the first step, and is ended by Ctrl-C', async () => {
    const seen: string[] = [];
    const args = ['replay', recording, graph, '--devtools', '--control'];
    const { stdout } = await troupe(args, undefined, {
      onErrorLine: (line, interrupt) => {
        seen.push(line);
        // It has time to do what it must not: a replay of this recording takes no longer.
        if (seen.length === 2) setTimeout(interrupt, 1_500);
      },
    });
    expect(seen).toEqual([
      expect.stringMatching(/^devtools: http:\/\/127\.0\.0\.1:\d+\/#token=/),
      'The replay waits to be resumed or stepped in the page.',
    ]);
    expect(stdout).toBe('');
  });

  it.each([
    [['--port', '80'], /^--port is of the page, which was not asked for\. Add --devtools\.$/],
    [['--control'], /^--control is of the page, which was not asked for\. Add --devtools\.$/],
    [['--devtools', '--at', '1'], /^--at prints one moment, --devtools serves a page .*\. Leave out one of /],
  ])('refuses %j in one line', async (args, line) => {
    const { code, stdout, stderr } = await troupe(['replay', recording, graph, ...args]);
    expect(stderr.trimEnd()).toMatch(line);
    expect(stderr.trimEnd().split('\n')).toHaveLength(1);
    expect(stdout).toBe('');
    expect(code).toBe(2);
  });

  it('says in one line that the port is taken, and ends', async () => {
    const other = createServer().listen(0, '127.0.0.1');
    onTestFinished(() => void other.close());
    await once(other, 'listening');
    const { port } = other.address() as { port: number };
    const args = ['replay', recording, graph, '--devtools', '--control', '--port', `${port}`];
    const { code, stderr } = await troupe(args);
    expect(stderr).toMatch(/^127\.0\.0\.1:\d+ cannot be listened on: another program listens there\. .*\n$/);
    expect(code).toBe(2);
  });

  it('serves no page of a recording of another graph', async () => {
    const { code, stderr } = await troupe(['replay', recording, fixture('endless.ts'), '--devtools']);
    expect(stderr).toMatch(/it was not made of graph 'endless' as it is now/);
    expect(stderr.trimEnd().split('\n')).toHaveLength(1);
    expect(code).toBe(2);
  });
});
