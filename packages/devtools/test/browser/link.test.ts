import { createServer } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { devtools } from '@troupe/devtools';
import { openBrowser, reboundHost, Visit } from './browser.ts';
import { lab } from './sketches.ts';
import { SyntheticRun } from './synthetic.ts';

let browser: Browser;
beforeAll(async () => {
  browser = await openBrowser();
});
afterAll(() => browser.close());

describe('the connection', () => {
  it('keeps the last picture, with why, when the process is gone', async () => {
    const run = new SyntheticRun(lab);
    await using visit = await Visit.to(browser, run);
    await visit.drawn();
    await visit.server.close();
    const alert = visit.page.getByRole('alert');
    await alert.filter({ hasText: 'The connection to the process is lost.' }).waitFor();
    expect(await visit.page.locator('.stage').count()).toBe(lab.stages.length);
    await visit.picture('lost');
    await alert.getByRole('button', { name: 'Try now' }).click();
    await alert.filter({ hasText: 'The connection to the process is lost.' }).waitFor();
  });

  it('says that the run is over, and shows what was last', async () => {
    const run = new SyntheticRun(lab);
    await using visit = await Visit.to(browser, run, { lingerMs: 600_000 });
    await visit.drawn();
    run.end();
    await visit.page.getByRole('status').filter({ hasText: 'The run was stopped after' }).waitFor();
    await visit.server.close();
    expect(await visit.page.locator('.stage').count()).toBe(lab.stages.length);
    await visit.picture('ended');
  });

  it('says what to do without a session', async () => {
    await using visit = await Visit.to(browser, new SyntheticRun(lab), { token: 'x'.repeat(43) });
    await visit.page.getByRole('alert').filter({ hasText: 'The token of this address is not' }).waitFor();
    await visit.picture('refused');
    await visit.page.goto(visit.address.origin);
    await visit.page.getByRole('alert').filter({ hasText: 'The process does not know it.' }).waitFor();
    expect(await visit.page.getByRole('main').count()).toBe(0);
  });
});

/** A page of another origin, that tries everything that a page can. */
const attack = (target: string): string => `<!doctype html><title>attack</title><script type="module">
  const tried = {};
  const token = 'x'.repeat(43);
  const attempt = async (name, act) => {
    try { tried[name] = String(await act()); } catch (error) { tried[name] = 'failed'; }
  };
  const read = async (path, options) => {
    const response = await fetch('${target}' + path, options);
    return 'read ' + response.status + ' ' + (await response.text()).length;
  };
  await attempt('read the page', () => read('/', { credentials: 'include' }));
  await attempt('read the plan', () => read('/download/plan.json', { credentials: 'include' }));
  await attempt('open a session', () => read('/session', {
    method: 'POST',
    credentials: 'include',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ token }),
  }));
  await attempt('open a session without asking', () => read('/session', {
    method: 'POST', mode: 'no-cors', credentials: 'include', body: JSON.stringify({ token }),
  }));
  await attempt('connect', () => new Promise((resolve, reject) => {
    const socket = new WebSocket('${target}/socket'.replace('http', 'ws'));
    socket.onopen = () => resolve('open');
    socket.onmessage = () => resolve('message');
    socket.onerror = () => reject(new Error('refused'));
  }));
  await attempt('frame', () => new Promise((resolve) => {
    const frame = document.createElement('iframe');
    frame.src = '${target}/';
    frame.onload = () => resolve(frame.contentDocument === null ? 'nothing read' : 'read');
    document.body.append(frame);
  }));
  await attempt('load its script', () => new Promise((resolve, reject) => {
    const script = document.createElement('script');
    script.src = '${target}/download/plan.json';
    script.onload = () => resolve('loaded');
    script.onerror = () => reject(new Error('refused'));
    document.body.append(script);
  }));
  window.tried = tried;
</script>`;

describe('a hostile page', () => {
  it('of another origin gets nothing, with the cookie of a session in the browser', async () => {
    await using visit = await Visit.to(browser, new SyntheticRun(lab));
    await visit.drawn();
    const { origin, port } = visit.address;
    const server = createServer((_request, response) => {
      response.setHeader('content-type', 'text/html').end(attack(origin));
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    try {
      // Another port is another origin, but the same site: cookies are sent.
      const other = await visit.page.context().newPage();
      await other.goto(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`);
      const tried = await other.waitForFunction(() => (window as { tried?: object }).tried, null, {
        timeout: 60_000,
      });
      expect(await tried.jsonValue()).toEqual({
        'read the page': 'failed',
        'read the plan': 'failed',
        'open a session': 'failed',
        'open a session without asking': 'failed',
        connect: 'failed',
        frame: 'nothing read',
        'load its script': 'failed',
      });
      // The same server by a name that somebody else could make point here.
      const bound = await other.goto(`http://${reboundHost}:${port}/`);
      expect(bound?.status()).toBe(403);
    } finally {
      server.closeAllConnections();
      server.close();
    }
    expect(await visit.page.locator('.stage').count()).toBe(lab.stages.length);
  });
});

it('another page of the same process has its own connection', async () => {
  const run = new SyntheticRun(lab);
  let printed = '';
  const observer = devtools({ onAddress: (url) => (printed = url) });
  await observer.attach({ telemetry: () => Promise.resolve(run) });
  try {
    await using one = await Visit.at(browser, printed);
    await using other = await Visit.at(browser, printed, { query: 'view=stages' });
    await one.drawn();
    await other.page.getByRole('table').waitFor();
    expect([...one.faults, ...other.faults]).toEqual([]);
  } finally {
    await observer.close();
  }
});
