import { once } from 'node:events';
import { connect } from 'node:net';
import type { Socket } from 'node:net';
import { encodeMessage } from '@troupe/core/telemetry';
import { describe, expect, it, onTestFinished } from 'vitest';
import { messageOf } from './fake-telemetry.ts';
import { openServer } from './opened.ts';
import type { OpenedServer } from './opened.ts';

const watch = { type: 'watch', statsMs: 0, details: [], taps: [], census: false, trace: false } as const;

/** A socket that speaks bytes. */
async function raw({ port }: OpenedServer): Promise<Socket> {
  const socket = connect(port, '127.0.0.1');
  onTestFinished(() => void socket.destroy());
  await once(socket, 'connect');
  return socket;
}

/** Everything that a socket says until it ends. */
async function allOf(socket: Socket): Promise<string> {
  let text = '';
  socket.setEncoding('latin1').on('data', (chunk: string) => (text += chunk));
  socket.on('error', () => undefined);
  await once(socket, 'close');
  return text;
}

describe('a hostile page, over HTTP', () => {
  it.each([
    ['a name that it made point here', { host: 'evil.example' }],
    ['that name with the right port', { host: 'evil.example:PORT' }],
    ['the right name with another port', { host: '127.0.0.1:1' }],
    ['the right name without a port', { host: '127.0.0.1' }],
    ['a name that begins like the right one', { host: '127.0.0.1:PORT.evil.example' }],
    ['an address that means the same', { host: '0.0.0.0:PORT' }],
    ['no name', { host: undefined }],
    ['another origin', { origin: 'http://evil.example' }],
    ['another port of this machine', { origin: 'http://127.0.0.1:1' }],
    ['another scheme', { origin: 'https://127.0.0.1:PORT' }],
    ['an origin that hides itself', { origin: 'null' }],
    ['an image of another site', { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'no-cors' }],
    ['a script of another port of this machine', { 'sec-fetch-site': 'same-site' }],
    ['a frame of another site', { 'sec-fetch-site': 'cross-site', 'sec-fetch-dest': 'iframe' }],
  ])('gets 403 with %s, on every path', async (_what, headers: Record<string, string | undefined>) => {
    const server = await openServer();
    const cookie = await server.enter();
    const entries = Object.entries({ ...headers, cookie });
    const given = Object.fromEntries(
      entries.map(([name, value]) => [name, value?.replace('PORT', `${server.port}`)]),
    );
    for (const path of ['/', '/assets/main-abcd1234.js', '/download/plan.json', '/nowhere', '/%']) {
      // A request without a Host is none of HTTP/1.1: Node itself answers it.
      const expected = 'host' in headers && headers['host'] === undefined ? 400 : 403;
      expect((await server.ask(path, { headers: given })).status).toBe(expected);
    }
  });

  it('gets 403 for a form, which has no Origin of ours, and for other methods', async () => {
    const server = await openServer();
    const form = { 'content-type': 'application/x-www-form-urlencoded' };
    for (const origin of ['http://evil.example', 'null', undefined]) {
      const asked = { method: 'POST', body: `token=${server.token}`, headers: { ...form, origin } };
      expect((await server.ask('/session', asked)).status).toBe(403);
    }
    const preflight = { method: 'OPTIONS', headers: { origin: 'http://evil.example' } };
    const answer = await server.ask('/session', preflight);
    expect(answer.status).toBe(403);
    expect(Object.keys(answer.headers).filter((name) => name.startsWith('access-control'))).toEqual([]);
  });

  it('may lead a person here, to a page that holds nothing', async () => {
    const server = await openServer();
    const headers = {
      'sec-fetch-site': 'cross-site',
      'sec-fetch-mode': 'navigate',
      'sec-fetch-dest': 'document',
    };
    expect((await server.ask('/?view=log', { headers })).status).toBe(200);
    expect((await server.ask('/download/plan.json', { headers })).status).toBe(403);
  });

  it('gets no session without the token of the address', async () => {
    const server = await openServer();
    const enter = async (body: string, type = 'application/json'): Promise<number> => {
      const headers = { 'content-type': type };
      return (await server.ask('/session', { method: 'POST', body, headers })).status;
    };
    const right = JSON.stringify({ token: server.token });
    expect(await enter(JSON.stringify({ token: 'x'.repeat(43) }))).toBe(401);
    expect(await enter(JSON.stringify({ token: '' }))).toBe(401);
    expect(await enter('{"token":{"length":43}}')).toBe(400);
    expect(await enter('{"token":"x","__proto__":{"a":1}}')).toBe(400);
    expect(await enter(right, 'text/plain')).toBe(415);
    expect(await enter(`token=${server.token}`, 'application/x-www-form-urlencoded')).toBe(415);
    expect(await enter(JSON.stringify({ token: 'x'.repeat(2_000) }))).toBe(413);
    const asked = await server.ask(`/session?token=${server.token}`);
    expect(asked.status).toBe(404);
    expect((await server.ask(`/?token=${server.token}`)).headers['set-cookie']).toBeUndefined();
    expect(await enter(right)).toBe(204);
  });

  it('cannot guess for long', async () => {
    const server = await openServer({ bounds: { attempts: { burst: 3, perSecond: 0 } } });
    const guess = { method: 'POST', body: JSON.stringify({ token: 'x' }) };
    const statuses = [];
    for (let guesses = 0; guesses < 5; guesses++) statuses.push((await server.ask('/session', guess)).status);
    expect(statuses).toEqual([401, 401, 401, 429, 429]);
  });

  it('gets no download without a session, or with a made-up one', async () => {
    const server = await openServer();
    const known = await server.enter();
    const statusWith = async (cookie: string | undefined): Promise<number> =>
      (await server.ask('/download/stats.json', { headers: { cookie } })).status;
    expect(await statusWith(undefined)).toBe(401);
    expect(await statusWith(`${known.slice(0, -1)}_`)).toBe(401);
    expect(await statusWith(known.replace(/=.*/, `=${server.token}`))).toBe(401);
    expect(await statusWith(known.replace(/=.*/, '=__proto__'))).toBe(401);
    expect(await statusWith(known)).toBe(200);
  });

  it.each([
    '/../secret.txt',
    '/assets/../../secret.txt',
    '/..%2fsecret.txt',
    '/%2e%2e/secret.txt',
    '/..\\secret.txt',
  ])('gets nothing outside of the page: %s', async (path) => {
    const server = await openServer();
    const answer = await server.ask(path);
    expect(answer.status).toBeGreaterThanOrEqual(400);
    expect(answer.body).not.toContain('secret');
  });

  it('is not let out of the rules that come with every answer', async () => {
    const server = await openServer();
    const cookie = await server.enter();
    const all = [
      await server.ask('/'),
      await server.ask('/assets/main-abcd1234.js'),
      await server.ask('/nowhere'),
      await server.ask('/', { headers: { host: 'evil.example' } }),
      await server.ask('/download/plan.json', { headers: { cookie } }),
      await server.ask('/session', { method: 'POST', body: '{' }),
    ];
    for (const { headers } of all) {
      expect(headers['content-security-policy']).toMatch(
        /^default-src 'none'; script-src 'self'; style-src 'self';/,
      );
      expect(headers['content-security-policy']).not.toMatch(/unsafe|\*/);
      expect(headers).toMatchObject({
        'x-content-type-options': 'nosniff',
        'referrer-policy': 'no-referrer',
        'cross-origin-opener-policy': 'same-origin',
        'cross-origin-resource-policy': 'same-origin',
      });
      expect(headers['access-control-allow-origin']).toBeUndefined();
    }
    expect(all.map(({ headers }) => headers['cache-control'])).toEqual([
      'no-store',
      'private, max-age=31536000, immutable',
      'no-store',
      'no-store',
      'no-store',
      'no-store',
    ]);
  });

  it('cannot read the cookie, and gets none that other sites may use', async () => {
    const server = await openServer();
    const { headers } = await server.ask('/session', {
      method: 'POST',
      body: JSON.stringify({ token: server.token }),
    });
    const [cookie = ''] = headers['set-cookie'] ?? [];
    expect(cookie).toMatch(
      new RegExp(`^troupe-devtools-${server.port}=[\\w-]{43}; Path=/; HttpOnly; SameSite=Strict$`),
    );
    expect(cookie).not.toContain(server.token);
  });

  it('may begin requests and never end them', async () => {
    const server = await openServer({ bounds: { headersMsMax: 200, requestMsMax: 300 } });
    const [silent, slow] = [await raw(server), await raw(server)];
    slow.write(`GET / HTTP/1.1\r\nHost: ${server.host}\r\n`);
    const body = await raw(server);
    body.write(
      `POST /session HTTP/1.1\r\nHost: ${server.host}\r\nOrigin: ${server.origin}\r\n` +
        `Content-Type: application/json\r\nContent-Length: 40\r\n\r\n{"tok`,
    );
    expect(await allOf(silent)).not.toContain('200');
    expect(await allOf(slow)).toContain('408');
    expect(await allOf(body)).toContain('408');
    expect((await server.ask('/')).status).toBe(200);
  });

  it('may say nonsense', async () => {
    const server = await openServer();
    for (const bytes of [
      '\0\u0001\u0002\r\n\r\n',
      'GET http://evil.example/ HTTP/1.1\r\nHost: HOST\r\n\r\n',
    ]) {
      const socket = await raw(server);
      socket.write(bytes.replace('HOST', server.host));
      expect(await allOf(socket)).toMatch(/^HTTP\/1\.1 40[03]/);
    }
    const huge = await raw(server);
    huge.write(`GET / HTTP/1.1\r\nHost: ${server.host}\r\nX: ${'x'.repeat(20_000)}\r\n\r\n`);
    expect(await allOf(huge)).toContain('431');
    expect((await server.ask('/')).status).toBe(200);
  });
});

describe('a hostile page, over the socket', () => {
  it.each([
    ['another origin', { origin: 'http://evil.example' }, 403],
    ['no origin', { origin: undefined }, 403],
    ['a name that it made point here', { host: 'evil.example' }, 403],
    ['another site', { 'sec-fetch-site': 'cross-site' }, 403],
    ['no session', { cookie: '' }, 401],
    ['a made-up session', { cookie: 'troupe-devtools-PORT=x' }, 401],
  ])('is refused with %s', async (_what, headers: Record<string, string | undefined>, status) => {
    const server = await openServer();
    const cookie = headers['cookie']?.replace('PORT', `${server.port}`) ?? (await server.enter());
    expect(await server.socket({ ...headers, cookie }).status).toBe(status);
    expect(await server.socket({ cookie: await server.enter() }).status).toBe(101);
  });

  it('is refused with the token in the query, and on other paths', async () => {
    const server = await openServer();
    expect(await server.socket({}, `/socket?token=${server.token}`).status).toBe(404);
    expect(await server.socket({ authorization: `Bearer ${server.token}` }).status).toBe(401);
    const cookie = await server.enter();
    expect(await server.socket({ cookie }, '/').status).toBe(404);
    expect(await server.socket({ cookie }, '/nowhere').status).toBe(404);
  });

  it('is refused when there are as many as there may be', async () => {
    const server = await openServer({ bounds: { pagesMax: 2 } });
    const cookie = await server.enter();
    const [first] = [await server.page(), await server.page()];
    expect(await server.socket({ cookie }).status).toBe(503);
    first.socket.close();
    await first.closed;
    await expect.poll(() => server.socket({ cookie }).status).toBe(101);
  });

  const encoded = (value: unknown): Uint8Array => encodeMessage(value as never);
  it.each<readonly [string, Uint8Array | string, number]>([
    ['text', 'hello', 1003],
    ['no bytes', new Uint8Array(0), 1008],
    ['garbage', Uint8Array.of(0xc1, 0xff, 0x00, 0x13), 1008],
    ['a cut-off message', encoded(watch).subarray(0, 20), 1008],
    ['something behind a message', Uint8Array.from([...encoded(watch), 0xc0]), 1008],
    ['a list that claims to be huge', Uint8Array.of(0xdd, 0xff, 0xff, 0xff, 0xff, 0x01), 1008],
    ['a text that claims to be huge', Uint8Array.of(0xdb, 0xff, 0xff, 0xff, 0xff, 0x41), 1008],
    ['an object that claims to be huge', Uint8Array.of(0xdf, 0x7f, 0xff, 0xff, 0xff), 1008],
    ['lists in lists', new Uint8Array(60_000).fill(0x91), 1008],
    ['a list of nothing else', encoded([1, 2, 3]), 1008],
    ['an unknown type', encoded({ type: 'gossip' }), 1008],
    ['a type of every object', encoded({ type: 'constructor' }), 1008],
    ['a field too many', encoded({ ...watch, isAdmin: true }), 1008],
    ['a field that every object has', encoded({ ...watch, constructor: 1, toString: 2 }), 1008],
    // A map of one field: `__proto__`.
    ['a prototype', Uint8Array.of(0x81, 0xa9, ...Buffer.from('__proto__'), 0x80), 1008],
    ['a number out of range', encoded({ ...watch, statsMs: 1 }), 1008],
    ['no number', encoded({ ...watch, statsMs: NaN }), 1008],
    ['a command of nobody', encoded({ type: 'command', request: 1, command: { do: '__proto__' } }), 1008],
    ['too much', new Uint8Array(70_000), 1009],
  ])('is closed alone when it sends %s', async (_what, bytes, code) => {
    const server = await openServer({ options: { control: true } });
    const [bad, good] = [await server.page(), await server.page()];
    bad.socket.send(bytes);
    const closed = await bad.closed;
    expect(closed.code).toBe(code);
    expect(closed.reason).toMatch(code === 1009 ? /^$/ : /^(a message|messages|bytes)/);
    good.say({ type: 'command', request: 7, command: { do: 'path', timeNs: 0 } });
    expect(await good.message('reply')).toMatchObject({ request: 7, result: { kind: 'path' } });
    expect(server.telemetry.commands).toEqual([{ do: 'path', timeNs: 0 }]);
  });

  it.each(['messages', 'pings'])('is closed alone when it sends too many %s', async (what) => {
    const server = await openServer({ bounds: { messages: { burst: 20, perSecond: 0 } } });
    const [bad, good] = [await server.page(), await server.page()];
    for (let sent = 0; sent < 1_000; sent++) {
      if (what === 'pings') bad.socket.ping();
      else bad.say(watch);
    }
    expect(await bad.closed).toEqual({ code: 1008, reason: 'too many messages' });
    good.say({ type: 'command', request: 1, command: { do: 'path', timeNs: 0 } });
    expect(await good.message('reply')).toMatchObject({ request: 1 });
  });

  it('is closed alone when what it asks for cannot be told', async () => {
    const server = await openServer();
    const page = await server.page();
    server.telemetry.trace = () => {
      throw new Error(`no trace ${'é'.repeat(100)}`);
    };
    page.say({ ...watch, trace: true });
    expect(await page.closed).toEqual({
      code: 1011,
      reason: expect.stringMatching(/^this cannot be told: Error: no trace é+$/),
    });
    expect(await server.socket({ cookie: await server.enter() }).status).toBe(101);
  });

  it('is cut off when it does not answer the goodbye', async () => {
    const server = await openServer();
    const page = await server.page();
    page.socket.pause();
    page.socket.send('text');
    // It reads nothing, not even that it is to go; the server does not wait for it.
    await expect.poll(() => server.server.pages).toBe(0);
    page.socket.resume();
    await page.closed;
  });

  it('does nothing to the run without control', async () => {
    const server = await openServer();
    const page = await server.page();
    page.say({ type: 'command', request: 1, command: { do: 'stop', drain: false } });
    expect(await page.message('reply')).toMatchObject({ request: 1, error: { code: 'READ_ONLY' } });
    expect(server.telemetry.commands).toEqual([]);
  });

  it('that reads nothing fills no memory, and is closed', async () => {
    const bounds = { waitingBytesMax: 100_000, silenceMsMax: 500 };
    const server = await openServer({ bounds });
    const page = await server.page();
    page.say({ ...watch, taps: [{ edge: 0, everyMs: 33, newest: 64 }] });
    await expect.poll(() => server.telemetry.taps.length).toBe(1);
    page.socket.pause();
    const feed = setInterval(() => {
      server.telemetry.taps[0]?.take({ messages: [messageOf(0, 500_000)], skipped: 0, overBudget: 0 });
    }, 5);
    onTestFinished(() => clearInterval(feed));
    await expect.poll(() => server.server.pages, { timeout: 20_000 }).toBe(0);
    expect(server.telemetry.taps[0]?.isOpen).toBe(false);
  });

  it('whose machine has gone is noticed by its silence', async () => {
    const server = await openServer({ bounds: { pingMs: 50, silenceMsMax: 200 } });
    const page = await server.page();
    page.socket.pause();
    await expect.poll(() => server.server.pages).toBe(0);
  });
});
