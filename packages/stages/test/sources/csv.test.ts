import { writeFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { SourceFileError } from '../../src/errors.ts';
import { probeCsv } from '../../src/sources/csv-file.ts';
import { csvSource } from '../../src/sources/csv-source.ts';
import { RefusedOptions, TestActor, withFolder } from '../harness.ts';

async function play(text: string, options: object): Promise<TestActor> {
  return await withFolder(async (path) => {
    writeFileSync(path('x.csv'), text);
    const actor = new TestActor(csvSource, { path: path('x.csv'), speed: 'max', ...options });
    try {
      await actor.play();
    } finally {
      actor.stop();
    }
    return actor;
  });
}

async function failure(
  text: string,
  options: object = { channels: 2, rateHz: 10 },
): Promise<SourceFileError> {
  const error: unknown = await play(text, options).catch((thrown: unknown) => thrown);
  if (!(error instanceof SourceFileError))
    throw new Error('did not throw a SourceFileError', { cause: error });
  expect(error.message).not.toContain('\n');
  expect(error.remedy).not.toBe('');
  return error;
}

describe('csvSource', () => {
  it('plays the numeric columns of each record, timed by rate', async () => {
    const actor = await play('a,b\n1,2\n3.5,-4e2\n', { channels: 2, rateHz: 4 });
    expect(actor.emissions).toEqual([
      { port: 'samples', time: 0, data: [1, 2] },
      { port: 'samples', time: 250_000_000, data: [3.5, -400] },
    ]);
    expect(actor.progress()).toEqual({ done: 2, total: undefined });
  });

  it('takes times from a column, in its unit, from the first record on', async () => {
    const text = 'x,t\n1,1000.5\n2,1001.5\n3,1001.5\n';
    const actor = await play(text, { channels: 1, timeColumn: 't', timeUnit: 'ms' });
    expect(actor.emissions.map(({ time }) => time)).toEqual([0, 1_000_000, 1_000_000]);
    expect(actor.values).toEqual([1, 2, 3]);
  });

  it('chooses columns by name and index, knows delimiters, quotes, CRLF, BOM and empty lines', async () => {
    const text = '\uFEFF"a;1";b;"the ""c"""\r\n1;2;"3"\r\n\r\n4;5;6';
    const options = { delimiter: ';', rateHz: 1 };
    expect((await play(text, { ...options, channels: 2, columns: ['the "c"', 0] })).values).toEqual([
      3, 1, 6, 4,
    ]);
    const bare = await play('1\t2\n3\t4\n', {
      delimiter: '\t',
      header: false,
      channels: 1,
      columns: [1],
      rateHz: 1,
    });
    expect(bare.values).toEqual([2, 4]);
  });

  it('gives back any table, over chunk borders, from any snapshot', async () => {
    const tables = fc.record({
      rows: fc.integer({ min: 1, max: 12 }),
      noteLength: fc.constantFrom(0, 10, 20_000, 70_000),
      block: fc.option(fc.integer({ min: 1, max: 5 }), { nil: undefined }),
      calls: fc.nat(6),
      hasTime: fc.boolean(),
    });
    const property = fc.asyncProperty(tables, async ({ rows, noteLength, block, calls, hasTime }) => {
      const lines = Array.from({ length: rows }, (_, i) => {
        // A quoted note with line ends and quotes, as long as a chunk, makes the borders fall anywhere.
        const note = `"${'ab""\n,'.repeat(Math.ceil((noteLength * ((i * 7) % 5)) / 24))}"`;
        return `${i},${note},${i + 0.5},${-i}\n`;
      });
      await withFolder(async (path) => {
        writeFileSync(path('x.csv'), `t,note,v,w\n${lines.join('')}`);
        const clock = hasTime ? { timeColumn: 't' } : { rateHz: 1 };
        const options = {
          path: path('x.csv'),
          columns: ['v', 'w'],
          channels: 2,
          block,
          maxEmit: 1,
          speed: 'max',
          ...clock,
        };
        const first = await new TestActor(csvSource, options).play(calls);
        const second = await new TestActor(csvSource, options).restore(first.snapshot()).play();
        first.stop();
        second.stop();
        const emissions = [...first.emissions, ...second.emissions];
        const size = block ?? 1;
        const count = Math.floor(rows / size);
        const expected = Array.from({ length: count * size }, (_, i) => [i + 0.5, 0 - i]).flat();
        expect(emissions.flatMap(({ data }) => data).map((value) => value + 0)).toEqual(
          expected.map((v) => v + 0),
        );
        expect(emissions.map(({ time }) => time)).toEqual(
          Array.from({ length: count }, (_, k) => k * size * 1e9),
        );
      });
    });
    await fc.assert(property, { numRuns: 80 });
  });

  it('is told by its probe', async () => {
    await withFolder((path) => {
      writeFileSync(path('x.csv'), 't,left,right\n0,1,2\n0.004,1,2\n0.008,1,2\n');
      const info = { channels: 2, samples: undefined, labels: ['left', 'right'], units: ['', ''] };
      const probed = probeCsv(path('x.csv'), { timeColumn: 't' });
      expect(probed).toEqual({ ...info, rateHz: expect.closeTo(250, 9) as number });
      expect(probeCsv(path('x.csv')).rateHz).toBeUndefined();
      expect(probeCsv(path('x.csv')).labels).toEqual(['t', 'left', 'right']);
    });
  });

  it('wants exactly one of rateHz and timeColumn', () => {
    const options = { path: 'x.csv', channels: 1 };
    expect(() => new TestActor(csvSource, options)).toThrow(RefusedOptions);
    expect(() => new TestActor(csvSource, { ...options, rateHz: 1, timeColumn: 't' })).toThrow(
      RefusedOptions,
    );
  });
});

describe('a bad CSV file gives one clear error:', () => {
  it('missing, empty or without samples', async () => {
    expect(() => probeCsv('no/such.csv')).toThrow(/^no\/such\.csv: no such file$/);
    expect((await failure('')).message).toContain('line 1: is empty');
    expect((await failure('\n\n')).message).toContain('line 1: is empty');
  });

  it('a bad number: its line and column', async () => {
    const error = await failure('a,b\n1,2\n\n3,"x\n4,5\n');
    expect(error.message).toContain('line 4: a quote is opened and never closed');
    expect((await failure('a,b\n1,2\n\n3,four\n')).message).toContain(
      "line 4, column 'b': 'four' is not a number",
    );
    expect((await failure('a,b\n1,\n')).message).toContain("line 2, column 'b': '' is not a number");
    expect((await failure('a,b\n1,NaN\n')).message).toContain("'NaN' is not a number");
    expect((await failure('1,2\n3,x\n', { channels: 2, rateHz: 1, header: false })).message).toContain(
      "line 2, column 'column 1': 'x'",
    );
  });

  it('a bad number far into the file, after all good records have been played', async () => {
    const good = Array.from({ length: 30_000 }, (_, i) => `${i},${i}\n`).join('');
    await withFolder(async (path) => {
      writeFileSync(path('x.csv'), `a,b\n${good}7,oops\n`);
      const actor = new TestActor(csvSource, {
        path: path('x.csv'),
        channels: 2,
        rateHz: 1,
        speed: 'max',
        maxEmit: 7,
      });
      await expect(actor.play()).rejects.toThrow("line 30002, column 'b': 'oops' is not a number");
      expect(actor.emissions.length).toBe(30_000);
      await expect(actor.demand()).rejects.toThrow('line 30002');
      actor.stop();
    });
  });

  it('a line of another width, a quote out of place, a record without end', async () => {
    expect((await failure('a,b\n1,2\n3\n')).message).toContain('line 3: has 1 fields, the first line has 2');
    expect((await failure('a,b\n1,2"3\n')).message).toContain(
      'line 2: a quote stands inside an unquoted field',
    );
    expect((await failure('a,b\n1,"2"3\n')).message).toContain('line 2: text follows a closing quote');
    const open = await failure(`a,b\n1,"${'x'.repeat(1_100_000)}\n`);
    expect(open.message).toContain('line 2: a record of more than 1048576 bytes');
    expect((await failure('a'.repeat(1_100_000))).remedy).toContain('Check that this is a CSV file');
  });

  it('time that goes back', async () => {
    const error = await failure('t,x\n1,0\n3,0\n2,0\n', { channels: 1, timeColumn: 't' });
    expect(error.message).toContain("line 4, column 't': time goes back from 3 to 2");
  });

  it('not what the options say', async () => {
    expect((await failure('a,b,c\n1,2,3\n')).message).toContain('has 3 columns of values');
    const error = await failure('a,b\n1,2\n', { channels: 1, columns: ['z'], rateHz: 1 });
    expect(error.message).toContain("has no column 'z'");
    expect(error.remedy).toContain("'a', 'b'");
    expect((await failure('t\n1\n', { channels: 1, timeColumn: 't' })).message).toContain(
      'no column of values',
    );
  });
});
