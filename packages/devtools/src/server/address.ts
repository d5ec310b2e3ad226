import { isIPv6 } from 'node:net';
import { hostname, networkInterfaces } from 'node:os';
import { isLoopback } from '../options.ts';

/** Under which names a server may be spoken to. */
export interface Addresses {
  /** What the Host header may be. */
  readonly hosts: ReadonlySet<string>;
  /** What the Origin header may be. */
  readonly origins: ReadonlySet<string>;
  /** Where a person goes. */
  readonly url: string;
}

/**
 * @param host - what was listened on
 * @param names - the names and addresses of this machine, for a host that stands for all of them
 */
export function addressesOf(
  host: string,
  port: number,
  isTls: boolean,
  names: () => readonly string[] = namesOfMachine,
): Addresses {
  const known = isLoopback(host) ? [host, 'localhost'] : isEverywhere(host) ? names() : [host];
  const scheme = isTls ? 'https' : 'http';
  const suffix = port === (isTls ? 443 : 80) ? '' : `:${port}`;
  const hosts = known.map((name) => `${inUrl(name)}${suffix}`);
  return {
    hosts: new Set(hosts),
    origins: new Set(hosts.map((name) => `${scheme}://${name}`)),
    url: `${scheme}://${hosts[0] ?? `localhost${suffix}`}/`,
  };
}

/** What to listen on: a name would be listened on by all of its addresses. */
export function listenedOn(host: string): string {
  return host === 'localhost' ? '127.0.0.1' : host;
}

function isEverywhere(host: string): boolean {
  return host === '0.0.0.0' || host === '::';
}

function namesOfMachine(): readonly string[] {
  const all = Object.values(networkInterfaces()).flatMap((entries) => entries ?? []);
  const sorted = all.toSorted((a, b) => Number(a.internal) - Number(b.internal));
  return [...sorted.map(({ address }) => address), hostname(), 'localhost'];
}

function inUrl(name: string): string {
  return isIPv6(name) ? `[${name}]` : name.toLowerCase();
}
