import { once } from 'node:events';
import { request } from 'node:https';
import type { IncomingMessage } from 'node:http';
import { connect } from 'node:net';
import { expect, it, onTestFinished } from 'vitest';
import { WebSocket } from 'ws';
import { certificate } from './certificate.ts';
import { openServer } from './opened.ts';

it('with a certificate all is served by https, and the cookie goes nowhere else', async () => {
  const { server, host, port, token } = await openServer({ options: { tls: certificate } });
  expect(server.url).toBe(`https://127.0.0.1:${port}/#token=${token}`);
  const origin = `https://${host}`;
  const ask = async (path: string, headers: object, body?: string): Promise<IncomingMessage> => {
    const method = body === undefined ? 'GET' : 'POST';
    const asked = request(`${origin}${path}`, {
      method,
      ca: certificate.cert,
      agent: false,
      headers: { ...headers },
    });
    asked.end(body);
    const [response] = (await once(asked, 'response')) as [IncomingMessage];
    response.resume();
    return response;
  };
  expect((await ask('/', {})).statusCode).toBe(200);
  expect((await ask('/', { origin: `http://${host}` })).statusCode).toBe(403);
  const entered = await ask(
    '/session',
    { origin, 'content-type': 'application/json' },
    JSON.stringify({ token }),
  );
  const [cookie = ''] = entered.headers['set-cookie'] ?? [];
  expect(cookie).toMatch(/; HttpOnly; Secure; SameSite=Strict$/);
  const [known = ''] = cookie.split(';');
  const socket = new WebSocket(`wss://${host}/socket`, {
    ca: certificate.cert,
    headers: { origin, cookie: known },
  });
  onTestFinished(() => socket.terminate());
  const [greeting] = (await once(socket, 'message')) as [Buffer];
  expect(greeting.length).toBeGreaterThan(0);
  const plain = connect(port, '127.0.0.1');
  onTestFinished(() => void plain.destroy());
  plain.write(`GET / HTTP/1.1\r\nHost: ${host}\r\n\r\n`);
  let text = '';
  plain.on('data', (chunk) => (text += chunk.toString('latin1'))).on('error', () => undefined);
  await once(plain, 'close');
  expect(text).not.toContain('200 OK');
});
