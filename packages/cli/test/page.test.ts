import { createServer } from 'node:net';
import { once } from 'node:events';
import { beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { loadGraph } from '../src/graph-module.ts';
import { pageArguments, RunPage } from '../src/page.ts';
import { buildPage } from './built-page.ts';
import { fixture, troupe } from './child.ts';

const address = /^devtools: (http:\/\/127\.0\.0\.1:\d+\/#token=[\w-]{43})$/m;

beforeAll(buildPage, 240_000);

describe('troupe run --devtools', () => {
  it('prints the address on stderr, and ends the page with the run', async () => {
    const args = ['run', fixture('endless.ts'), '--devtools', '--interval', '50', '--duration', '0.5'];
    const { code, stdout, stderr } = await troupe(args);
    expect(stderr).toMatch(address);
    expect(stdout).toContain('stopped after');
    expect(code).toBe(0);
    await expect(fetch(address.exec(stderr)?.[1] ?? '')).rejects.toThrow('fetch failed');
  });

  it('serves while the graph runs; the address is a line of JSON with --json', async () => {
    const statuses: Promise<number>[] = [];
    const args = ['run', fixture('endless.ts'), '--devtools', '--json', '--interval', '50'];
    const { code, stdout } = await troupe(args, (line, interrupt) => {
      const said = JSON.parse(line) as { readonly type: string; readonly url: string };
      if (said.type === 'devtools')
        statuses.push(fetch(said.url).then(({ status }) => (interrupt(), status)));
    });
    expect(await Promise.all(statuses)).toEqual([200]);
    expect(stdout).toContain('"type":"report"');
    expect(code).toBe(0);
  });

  it('says in one line that the port is taken', async () => {
    const other = createServer().listen(0, '127.0.0.1');
    onTestFinished(() => void other.close());
    await once(other, 'listening');
    const { port } = other.address() as { port: number };
    // A graph without ticks, which a slow machine would log.
    const args = ['run', fixture('two-stages.ts'), '--devtools', '--port', `${port}`];
    const { code, stderr } = await troupe(args);
    expect(stderr).toBe(
      `127.0.0.1:${port} cannot be listened on: another program listens there. ` +
        'Choose another port, or none for one that is free.\n',
    );
    expect(code).toBe(2);
  });

  it.each([
    [['--port', '8080'], '--port is of the page, which was not asked for. Add --devtools.\n'],
    [['--control'], '--control is of the page, which was not asked for. Add --devtools.\n'],
    [
      ['--devtools', '--port', '70000'],
      '--port "70000" is not a whole number from 0 to 65535. Give a number in that range.\n',
    ],
  ])('refuses %s in one line', async (args, line) => {
    const { code, stderr } = await troupe(['run', fixture('endless.ts'), ...args]);
    expect(stderr).toBe(line);
    expect(code).toBe(2);
  });
});

describe('the page of a run', () => {
  const asked = pageArguments({ devtools: true, control: true });

  it('is none unless it is asked for', async () => {
    expect(pageArguments({ devtools: false, control: false })).toBeUndefined();
    expect(await RunPage.open(undefined, true, () => undefined)).toBeUndefined();
    expect(asked).toEqual({ port: 0, control: true });
  });

  /** Ends a page after a run, and tells what was said, and whether it waited for a person. */
  async function ending(isTerminal: boolean, isLeft: boolean): Promise<readonly string[]> {
    const said: string[] = [];
    const page = await RunPage.open(asked, isTerminal, () => undefined);
    if (page === undefined) throw new Error('there is no page');
    const run = await (await loadGraph(fixture('endless.ts'))).start({ observers: [page.observer] });
    if (isLeft) page.leave();
    await run.stop();
    await page.end(
      (line) => said.push(line),
      async () => void said.push('Ctrl-C'),
    );
    return said;
  }

  it('stays on a terminal until Ctrl-C', async () => {
    expect(await ending(true, false)).toEqual(['The page stays open until Ctrl-C.', 'Ctrl-C']);
  });

  it('does not stay elsewhere, or when a person has ended the run', async () => {
    expect(await ending(false, false)).toEqual([]);
    expect(await ending(true, true)).toEqual([]);
  });
});
