import { spawnSync } from 'node:child_process';
import { readFileSync, statSync, writeFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it, vi } from 'vitest';
import { consoleLine } from '../../src/outputs/console-sink.ts';
import { csvSink } from '../../src/outputs/csv-sink.ts';
import { formatFloat32 } from '../../src/outputs/format-float32.ts';
import { jsonLinesSink } from '../../src/outputs/json-lines-sink.ts';
import { csvSource } from '../../src/sources/csv-source.ts';
import { TestActor, withFolder } from '../harness.ts';

const float32s = fc.float({ noNaN: true, noDefaultInfinity: true });

describe('formatFloat32', () => {
  it('reads back as the same float32', () => {
    const property = fc.property(float32s, (x) => {
      const expected = x === 0 ? 0 : x;
      expect(Math.fround(Number(formatFloat32(x)))).toBe(expected);
    });
    fc.assert(property);
  });

  it('is short where the number is', () => {
    expect([0.1, -2.5, 1e-7, 16_777_216].map((x) => formatFloat32(Math.fround(x)))).toEqual([
      '0.1',
      '-2.5',
      '1e-7',
      '16777216',
    ]);
    expect([Number.NaN, Infinity].map(formatFloat32)).toEqual(['NaN', 'Infinity']);
  });
});

describe('csvSink', () => {
  it('writes a header, then a record per frame', async () => {
    await withFolder((path) => {
      const actor = new TestActor(csvSink, {
        path: path('out.csv'),
        shape: [2],
        columns: ['a,b', 'say "c"'],
      });
      actor.input({ port: 'frames', time: 5, frame: [0.1, -3] });
      actor.input({ port: 'frames', time: 9_007_199_254_740_991, frame: [1e-7, 4] });
      actor.stop();
      const text = 'seq,time_ns,"a,b","say ""c"""\n0,5,0.1,-3\n1,9007199254740991,1e-7,4\n';
      expect(readFileSync(path('out.csv'), 'utf8')).toBe(text);
    });
  });

  it('is read back exactly by csvSource', async () => {
    const frames = fc.array(fc.tuple(float32s, float32s, float32s), { minLength: 1, maxLength: 30 });
    const property = fc.asyncProperty(frames, async (rows) => {
      await withFolder(async (path) => {
        const sink = new TestActor(csvSink, { path: path('x.csv'), shape: [3] });
        rows.forEach((frame, i) => sink.input({ port: 'frames', time: 1000 * i, frame }));
        sink.stop();
        const clock = { timeColumn: 'time_ns', timeUnit: 'ns' };
        const options = {
          path: path('x.csv'),
          channels: 3,
          columns: ['v0', 'v1', 'v2'],
          speed: 'max',
          ...clock,
        };
        const source = await new TestActor(csvSource, options).play();
        source.stop();
        const positive = (x: number): number => (x === 0 ? 0 : x);
        expect(source.values.map(positive)).toEqual(rows.flat().map(positive));
        expect(source.emissions.map(({ time }) => time)).toEqual(rows.map((_, i) => 1000 * i));
      });
    });
    await fc.assert(property, { numRuns: 40 });
  });

  it('leaves an older file alone until the first frame, and then replaces it', async () => {
    await withFolder((path) => {
      writeFileSync(path('out.csv'), 'old\n');
      const actor = new TestActor(csvSink, { path: path('out.csv'), shape: [1] });
      expect(readFileSync(path('out.csv'), 'utf8')).toBe('old\n');
      actor.input({ port: 'frames', frame: [1] });
      actor.stop();
      expect(readFileSync(path('out.csv'), 'utf8')).toBe('seq,time_ns,v0\n0,0,1\n');
    });
  });

  it('writes a header also when no frame came', async () => {
    await withFolder((path) => {
      new TestActor(csvSink, { path: path('out.csv'), shape: [] }).stop();
      expect(readFileSync(path('out.csv'), 'utf8')).toBe('seq,time_ns,v0\n');
    });
  });

  it('holds back 64 KiB at most, and a line longer than that not at all', async () => {
    await withFolder((path) => {
      const actor = new TestActor(csvSink, { path: path('out.csv'), shape: [100] });
      let bytes = 0;
      for (let i = 0; i < 2000; i++) {
        actor.input({ port: 'frames', frame: Array.from({ length: 100 }, () => 1) });
        bytes += String(i).length + 2 + 200 + 1;
        expect(statSync(path('out.csv')).size).toBeGreaterThan(bytes - 65_536);
      }
      actor.stop();
      const wide = new TestActor(csvSink, { path: path('wide.csv'), shape: [50_000] });
      wide.input({ port: 'frames', frame: new Float32Array(50_000) });
      expect(readFileSync(path('wide.csv'), 'utf8').split('\n')[1]).toBe(`0,0${',0'.repeat(50_000)}`);
      wide.stop();
    });
  });

  it('writes out what is older than a second as another frame comes', async () => {
    await withFolder((path) => {
      const now = vi.spyOn(performance, 'now');
      const actor = new TestActor(csvSink, { path: path('out.csv'), shape: [1] });
      const sizes = [0, 900, 1001, 1500, 2600].map((nowMs) => {
        now.mockReturnValue(nowMs);
        actor.input({ port: 'frames', frame: [1] });
        return statSync(path('out.csv')).size;
      });
      now.mockRestore();
      actor.stop();
      expect(sizes).toEqual([0, 0, 33, 33, 45]);
    });
  });

  it('goes on at the end of the file from a snapshot', async () => {
    await withFolder((path) => {
      const options = { path: path('out.csv'), shape: [1] };
      const first = new TestActor(csvSink, options);
      first.input({ port: 'frames', frame: [1] });
      const second = new TestActor(csvSink, options).restore(first.snapshot());
      second.input({ port: 'frames', time: 7, frame: [2] });
      second.stop();
      first.stop();
      expect(readFileSync(path('out.csv'), 'utf8')).toBe('seq,time_ns,v0\n0,0,1\n0,7,2\n');
    });
  });

  it('says in one line which file cannot be written', async () => {
    await withFolder((path) => {
      const inNowhere = { path: path('no/such/out.csv'), shape: [1] };
      expect(() => new TestActor(csvSink, inNowhere)).toThrow(/out\.csv: cannot be written: ENOENT/);
    });
    expect(() => new TestActor(csvSink, { path: 'x', shape: [2], columns: ['a'] })).toThrow(
      '1 columns for frames of 2',
    );
  });
});

describe('jsonLinesSink', () => {
  it('writes frames and values as one object a line', async () => {
    await withFolder((path) => {
      const actor = new TestActor(jsonLinesSink, { path: path('out.jsonl'), shape: [2] });
      actor.input({ port: 'frames', time: 5, frame: [0.1, Number.NaN] });
      actor.input({ port: 'values', time: 6, value: { a: [1n], b: Float32Array.of(1.5), text: 'x\ny' } });
      actor.input({ port: 'values', time: 7, value: undefined });
      actor.stop();
      const lines = readFileSync(path('out.jsonl'), 'utf8').trimEnd().split('\n');
      expect(lines.map((line) => JSON.parse(line) as unknown)).toEqual([
        { seq: 0, timeNs: 5, frame: [0.1, null] },
        { seq: 1, timeNs: 6, value: { a: ['1'], b: [1.5], text: 'x\ny' } },
        { seq: 2, timeNs: 7, value: null },
      ]);
    });
  });

  it('needs its frames connected only where a shape is given, its values only where none is', () => {
    const optional = (options: object): boolean[] => {
      const { frames, values } = new TestActor(jsonLinesSink, { path: '/dev/null', ...options }).inputs;
      return [frames!.optional, values!.optional];
    };
    expect(optional({ shape: [3] })).toEqual([false, true]);
    expect(optional({})).toEqual([true, false]);
  });
});

describe('consoleSink', () => {
  it('prints name, seconds and values to four digits, and how many more there are', () => {
    expect(consoleLine('rms', 1_500_000_000, Float32Array.of(0.707_106_77, 12_345.6, 0), 16)).toBe(
      'rms 1.500000s 0.7071 12350 0',
    );
    expect(consoleLine('x', 0, Float32Array.of(1, 2, 3), 2)).toBe('x 0.000000s 1 2 … 1 more');
  });

  it('writes to standard output at once, every n-th frame', () => {
    const script = `
      import { consoleSink } from '${new URL('../../src/outputs/console-sink.ts', import.meta.url).href}';
      const handlers = consoleSink.create({ name: 'rms', options: { shape: [1], every: 2, valuesMax: 4 } });
      for (let i = 0; i < 5; i++) {
        handlers.onInput({ port: 'frames', time: i * 1e9, frame: Float32Array.of(i) });
      }
      process.kill(process.pid, 'SIGKILL');`;
    const options = ['--conditions=@troupe/source', '--input-type=module', '--eval', script];
    const { stdout } = spawnSync(process.execPath, options, { encoding: 'utf8' });
    expect(stdout).toBe('rms 0.000000s 0\nrms 2.000000s 2\nrms 4.000000s 4\n');
  });
});
