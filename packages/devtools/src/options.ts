import { isIPv4 } from 'node:net';
import { DevtoolsError } from './errors.ts';

export interface DevtoolsOptions {
  /** 0 to 65,535; 0: one that is free. 0 unless given. */
  readonly port?: number;
  /** `127.0.0.1` unless given. One that others can reach needs `allowOtherInterfaces` and `tls`. */
  readonly host?: string;
  readonly allowOtherInterfaces?: boolean;
  /** PEM. The page is served by https then. */
  readonly tls?: { readonly key: string; readonly cert: string };
  /** Whether pages may pause and step, set rates, request modes and stop. `false` unless given. */
  readonly control?: boolean;
  /** Told the address, its token included, once the page is served. To stderr unless given. */
  readonly onAddress?: (url: string) => void;
  /**
   * Called for every field of a value (and each option) before it is shown, with its path, as
   * `stage.port.field`; true hides it.
   */
  readonly redact?: (path: string) => boolean;
  /** Bytes that a value or a frame may take as it is shown, 64 to 1,048,576. 65,536 unless given. */
  readonly valueBytesMax?: number;
  /** Paths of recordings that can be gone back in, beside those that the run itself makes. */
  readonly recordings?: readonly string[];
  /**
   * How long the page is served after the end of the run, in milliseconds; the process stays alive for it.
   * `Infinity`: until `close`. 0 unless given.
   */
  readonly lingerMs?: number;
}

/** Options that have been looked through. */
export interface Settings extends Required<Omit<DevtoolsOptions, 'tls' | 'redact' | 'allowOtherInterfaces'>> {
  readonly tls: DevtoolsOptions['tls'] | undefined;
  readonly redact: DevtoolsOptions['redact'] | undefined;
}

const portMax = 65_535;
const valueBytes = { min: 64, usual: 65_536, max: 1_048_576 };

/** Throws `DevtoolsError` where options do not go together, or are out of range. */
export function settingsOf(options: DevtoolsOptions): Settings {
  const { port = 0, host = '127.0.0.1', tls, valueBytesMax = valueBytes.usual, lingerMs = 0 } = options;
  if (!Number.isInteger(port) || port < 0 || port > portMax) {
    throw wrong(`port ${port} is no port`, `Give a whole number from 0 to ${portMax}.`);
  }
  if (!(valueBytesMax >= valueBytes.min && valueBytesMax <= valueBytes.max)) {
    const range = `${valueBytes.min} to ${valueBytes.max}`;
    throw wrong(`valueBytesMax ${valueBytesMax} is out of range`, `Give a number from ${range}.`);
  }
  if (!(lingerMs >= 0)) throw wrong(`lingerMs ${lingerMs} is no time`, 'Give milliseconds, or Infinity.');
  if (!isLoopback(host)) refuseUnlessMeant(host, options);
  return {
    port,
    host,
    tls,
    valueBytesMax,
    lingerMs,
    control: options.control ?? false,
    recordings: options.recordings ?? [],
    redact: options.redact,
    onAddress: options.onAddress ?? ((url) => void process.stderr.write(`devtools: ${url}\n`)),
  };
}

/** Whether only this machine can reach a host. */
export function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || (isIPv4(host) && host.startsWith('127.'));
}

function refuseUnlessMeant(host: string, { allowOtherInterfaces, tls }: DevtoolsOptions): void {
  if (allowOtherInterfaces !== true) {
    throw wrong(
      `host ${host} can be reached by other machines`,
      'Leave host out, or say `allowOtherInterfaces: true` and give `tls`.',
    );
  }
  if (tls === undefined) {
    throw wrong(
      `host ${host} can be reached by other machines, which could read and change what is sent`,
      'Give `tls: { key, cert }`.',
    );
  }
}

function wrong(message: string, remedy: string): DevtoolsError {
  return new DevtoolsError('DEVTOOLS_OPTIONS', message, remedy);
}
