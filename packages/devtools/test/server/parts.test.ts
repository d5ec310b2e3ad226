import fc from 'fast-check';
import type { ClientMessage } from '@troupe/core/telemetry';
import { encodeMessage } from '@troupe/core/telemetry';
import { describe, expect, it } from 'vitest';
import { settingsOf } from '../../src/options.ts';
import { Access } from '../../src/server/access.ts';
import { addressesOf } from '../../src/server/address.ts';
import { usualBounds } from '../../src/server/bounds.ts';
import { readClientMessage } from '../../src/server/client-message.ts';
import { ChangedRows } from '../../src/server/rows.ts';
import { isSound } from '../../src/server/shape.ts';
import { TokenBucket } from '../../src/server/token-bucket.ts';

describe('options', () => {
  const tls = { key: '', cert: '' };

  it.each([
    [{ host: '0.0.0.0' }, 'host 0.0.0.0 can be reached by other machines'],
    [{ host: '192.168.1.5', tls }, 'host 192.168.1.5 can be reached by other machines'],
    [
      { host: '::', allowOtherInterfaces: true },
      'host :: can be reached by other machines, which could read and change what is sent',
    ],
    [{ port: 65_536 }, 'port 65536 is no port'],
    [{ port: 1.5 }, 'port 1.5 is no port'],
    [{ valueBytesMax: Number.NaN }, 'valueBytesMax NaN is out of range'],
    [{ lingerMs: -1 }, 'lingerMs -1 is no time'],
  ])('%o are refused', (options, text) => {
    expect(() => settingsOf(options)).toThrow(
      expect.objectContaining({ code: 'DEVTOOLS_OPTIONS', message: text, remedy: expect.any(String) }),
    );
  });

  it('are those of this machine alone unless given', () => {
    expect(settingsOf({})).toMatchObject({ port: 0, host: '127.0.0.1', control: false, lingerMs: 0 });
    for (const host of ['localhost', '::1', '127.0.0.1', '127.1.2.3']) {
      expect(settingsOf({ host }).host).toBe(host);
    }
    expect(settingsOf({ host: '10.0.0.1', allowOtherInterfaces: true, tls }).tls).toBe(tls);
  });
});

describe('addresses', () => {
  it('are the very names that were listened on, with their port', () => {
    const { hosts, origins, url } = addressesOf('127.0.0.1', 8080, false);
    expect([...hosts]).toEqual(['127.0.0.1:8080', 'localhost:8080']);
    expect([...origins]).toEqual(['http://127.0.0.1:8080', 'http://localhost:8080']);
    expect(url).toBe('http://127.0.0.1:8080/');
  });

  it('leave out the port that a browser leaves out', () => {
    expect([...addressesOf('127.0.0.1', 80, false).hosts]).toEqual(['127.0.0.1', 'localhost']);
    expect([...addressesOf('box.example', 443, true).origins]).toEqual(['https://box.example']);
  });

  it('are all those of the machine where all interfaces are listened on', () => {
    const names = (): readonly string[] => ['10.0.0.7', 'fe80::1', 'Box'];
    const { hosts, url } = addressesOf('0.0.0.0', 9, true, names);
    expect([...hosts]).toEqual(['10.0.0.7:9', '[fe80::1]:9', 'box:9']);
    expect(url).toBe('https://10.0.0.7:9/');
  });
});

describe('access', () => {
  it('knows the newest sessions, and forgets the oldest', () => {
    const access = new Access({ ...usualBounds, sessionsMax: 2 }, 0);
    const enter = (): string => {
      const entered = access.enter(access.token, 0);
      return typeof entered === 'string' ? entered : entered.session;
    };
    const [a, b, c] = [enter(), enter(), enter()];
    expect([a, b, c].map((session) => access.isKnown(session))).toEqual([false, true, true]);
    expect(access.isKnown(undefined)).toBe(false);
    expect(access.isKnown('')).toBe(false);
    expect(new Set([access.token, a, b, c]).size).toBe(4);
  });
});

describe('a token bucket', () => {
  it('lets through a burst, and then so many a second', () => {
    const bucket = new TokenBucket({ burst: 3, perSecond: 2 }, 0);
    const times = [0, 0, 0, 0, 400, 500, 600, 1_000, 60_000, 60_000, 60_000, 60_000];
    expect(times.map((ms) => bucket.take(ms))).toEqual(
      [1, 1, 1, 0, 0, 1, 0, 1, 1, 1, 1, 0].map((is) => is === 1),
    );
  });
});

describe('changed rows', () => {
  it('bring a copy of the table to what the table is, whatever changes', () => {
    const columns = 3;
    const number = fc.constantFrom(0, 1, Number.NaN, 5e9);
    const table = fc.array(number, { minLength: 4 * columns, maxLength: 4 * columns });
    fc.assert(
      fc.property(fc.array(table, { minLength: 1, maxLength: 6 }), (tables) => {
        const changed = new ChangedRows(columns);
        const copy = new Float64Array(4 * columns).fill(-1);
        for (const [at, numbers] of tables.entries()) {
          const { rows, values } = changed.of(Float64Array.from(numbers));
          for (const [place, row] of rows.entries()) {
            copy.set(values.subarray(place * columns, (place + 1) * columns), row * columns);
          }
          expect([...copy]).toEqual(numbers);
          const before = tables[at - 1];
          const changedRows = [0, 1, 2, 3].filter((row) => {
            const from = row * columns;
            return (
              before === undefined || [0, 1, 2].some((i) => !Object.is(before[from + i], numbers[from + i]))
            );
          });
          expect([...rows]).toEqual(changedRows);
        }
      }),
    );
  });
});

describe('what pages say', () => {
  it('is sound whatever it is, as long as it is no deeper than messages are', () => {
    const value = fc.anything({ withTypedArray: true, maxDepth: 5, maxKeys: 20 });
    fc.assert(
      fc.property(value, (given) => {
        const plain = JSON.parse(JSON.stringify({ given }) ?? 'null') as never;
        expect(isSound(encodeMessage(plain))).toBe(true);
      }),
    );
    const all = [0, -1, 200, -200, 70_000, 2 ** 40, 1.5, true, null, 'x'.repeat(300), 'y'.repeat(70_000)];
    const arrays = [Uint8Array.of(1), new Float64Array(2), new Float32Array(500), new Int8Array(70_000)];
    expect(isSound(encodeMessage([...all, ...arrays] as never))).toBe(true);
  });

  it('is not sound when it claims more than it has, whatever the bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
        expect(typeof isSound(bytes)).toBe('boolean');
      }),
      { numRuns: 2_000 },
    );
    const deep = Array.from({ length: 30 }).reduce<unknown>((inner) => [inner], 1);
    expect(isSound(encodeMessage(deep as never))).toBe(false);
    // 0xdc 0x04 0x00: a list of 1,024, in a list of 1,024 …
    const claims = Uint8Array.from({ length: 60_000 }, (_, at) => [0xdc, 0x04, 0x00][at % 3] ?? 0);
    expect(isSound(claims)).toBe(false);
  });

  it('is read as it was said', () => {
    const messages: readonly ClientMessage[] = [
      {
        type: 'watch',
        statsMs: 250,
        details: [0, 7],
        taps: [{ edge: 1, everyMs: 33, newest: 64 }],
        census: true,
        trace: true,
      },
      { type: 'command', request: 0, command: { do: 'pause' } },
      { type: 'command', request: 1, command: { do: 'resume', stages: ['a', 'constructor'] } },
      { type: 'command', request: 2, command: { do: 'step', unit: 'tick', stage: '__proto__' } },
      {
        type: 'command',
        request: 3,
        command: { do: 'break', at: { stage: 'a', on: 'input', condition: 'seq > 3', once: true } },
      },
      { type: 'command', request: 4, command: { do: 'rate', target: ':main', hz: 0.5 } },
      { type: 'command', request: 5, command: { do: 'seek', timeNs: 2 ** 52 } },
    ];
    for (const message of messages) expect(readClientMessage(encodeMessage(message))).toEqual(message);
  });

  it.each([
    [{ type: 'command', request: -1, command: { do: 'stepPhase' } }, 'a message has a wrong field request'],
    [
      { type: 'command', request: 1, command: { do: 'rate', target: 'a', hz: Infinity } },
      'a message has a wrong field command.hz',
    ],
    [{ type: 'command', request: 1, command: { do: 'stop' } }, 'a message has a wrong field command.drain'],
    [{ type: 'watch' }, 'a message has a wrong field statsMs'],
    [{ type: 'watch', statsMs: 50 }, 'a message has a wrong field statsMs'],
    [{ kind: 'watch' }, 'a message has no type'],
  ])('is refused with a reason: %o', (message, reason) => {
    expect(readClientMessage(encodeMessage(message as never))).toBe(reason);
  });
});
