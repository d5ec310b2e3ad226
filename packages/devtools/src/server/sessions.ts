import type { FastifyInstance, FastifyReply, FastifyRequest, preValidationAsyncHookHandler } from 'fastify';
import * as v from 'valibot';
import type { Access } from './access.ts';

const body = v.strictObject({ token: v.pipe(v.string(), v.maxLength(256)) });

/**
 * Adds `POST /session`, which gives a cookie for the token. Returns the hook of what only those with a
 * session may ask for.
 */
export function addSessions(
  app: FastifyInstance,
  access: Access,
  isTls: boolean,
): preValidationAsyncHookHandler {
  app.post('/session', async (request, reply) => {
    const asked = v.safeParse(body, request.body);
    if (!asked.success) return say(reply, 400, 'The body is { "token": "…" }.');
    const entered = access.enter(asked.output.token, performance.now());
    if (entered === 'tooOften') return say(reply, 429, 'Too many attempts. Wait a minute.');
    if (entered === 'wrong') return say(reply, 401, 'This is not the token of the printed address.');
    const lasting = { httpOnly: true, sameSite: 'strict', path: '/', secure: isTls } as const;
    return reply.setCookie(cookieName(request), entered.session, lasting).code(204).send();
  });
  return async (request, reply) => {
    if (access.isKnown(request.cookies[cookieName(request)])) return undefined;
    return say(reply, 401, 'There is no session. Open the printed address.');
  };
}

/** Browsers send cookies to all ports of a host: two runs must not take each other's. */
function cookieName({ socket }: FastifyRequest): string {
  return `troupe-devtools-${socket.localPort ?? 0}`;
}

export function say(reply: FastifyReply, status: number, text: string): FastifyReply {
  return reply.code(status).type('text/plain').send(`${text}\n`);
}
