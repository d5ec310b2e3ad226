import type { IncomingMessage } from 'node:http';
import type { Addresses } from './address.ts';

export type Asked = Pick<IncomingMessage, 'method' | 'url' | 'headers'>;

/**
 * Why a request is refused before anything else is looked at; `undefined` if it is not. A page of another
 * site can make a browser send requests here, also with a host name that it has made point to this machine;
 * but it cannot choose their Host, Origin and Sec-Fetch headers.
 */
export function refusalOf(asked: Asked, { hosts, origins }: Addresses): string | undefined {
  const { method = '', url = '', headers } = asked;
  if (headers.host === undefined || !hosts.has(headers.host.toLowerCase())) {
    return 'This host name is not served here. Use the address that was printed.';
  }
  if (!url.startsWith('/')) return 'Requests name a path.';
  const { origin } = headers;
  if (origin !== undefined && !origins.has(origin)) return 'Pages of other origins are not served.';
  const isPlain = (method === 'GET' || method === 'HEAD') && headers.upgrade === undefined;
  if (origin === undefined && !isPlain) return 'Such a request needs an Origin.';
  const site = headers['sec-fetch-site'];
  if (site === undefined || site === 'same-origin' || site === 'none' || isVisit(asked)) return undefined;
  return 'Pages of other sites are not served.';
}

/** A person has followed a link to the page, which holds nothing by itself. */
function isVisit({ method, url = '', headers }: Asked): boolean {
  const isTop = headers['sec-fetch-mode'] === 'navigate' && headers['sec-fetch-dest'] === 'document';
  return isTop && method === 'GET' && headers.upgrade === undefined && /^\/(?:$|\?)/.test(url);
}

const policy = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data: blob:",
  "connect-src 'self'",
  "worker-src 'self'",
  "font-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
];

/** Sent with every answer. */
export const safeHeaders: Readonly<Record<string, string>> = {
  'content-security-policy': policy.join('; '),
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
  'referrer-policy': 'no-referrer',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'permissions-policy': 'camera=(), geolocation=(), microphone=(), payment=(), usb=()',
  'x-dns-prefetch-control': 'off',
  'cache-control': 'no-store',
};
