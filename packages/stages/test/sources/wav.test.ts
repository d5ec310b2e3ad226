import { truncateSync, writeFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { SourceFileError } from '../../src/errors.ts';
import { openWav, probeWav } from '../../src/sources/wav-file.ts';
import { wavSource } from '../../src/sources/wav-source.ts';
import { TestActor, withFolder } from '../harness.ts';
import { chunk, encodings, formatBytes, pcm16, riff } from '../wav-bytes.ts';

async function play(bytes: Uint8Array, options: object): Promise<TestActor> {
  return await withFolder(async (path) => {
    writeFileSync(path('x.wav'), bytes);
    const actor = new TestActor(wavSource, { path: path('x.wav'), speed: 'max', ...options });
    await actor.play();
    actor.stop();
    return actor;
  });
}

async function failure(bytes: Uint8Array): Promise<SourceFileError> {
  const error: unknown = await play(bytes, { channels: 1 }).catch((thrown: unknown) => thrown);
  if (!(error instanceof SourceFileError))
    throw new Error('did not throw a SourceFileError', { cause: error });
  expect(error.message).not.toContain('\n');
  expect(error.remedy).not.toBe('');
  return error;
}

const values = fc.array(fc.float({ min: -1, max: Math.fround(0.99), noNaN: true }), {
  minLength: 0,
  maxLength: 60,
});

describe('wavSource', () => {
  describe.each(encodings)('format $tag, $bits bits', ({ tag, bits, write, precision }) => {
    it('gives back what was written, plain or extensible, behind other chunks of odd size', async () => {
      const layouts = fc.record({
        samples: values,
        channels: fc.integer({ min: 1, max: 3 }),
        isExtensible: fc.boolean(),
        junk: fc.option(fc.integer({ min: 0, max: 7 }), { nil: undefined }),
      });
      const property = fc.asyncProperty(layouts, async ({ samples, channels, isExtensible, junk }) => {
        const whole = samples.slice(0, samples.length - (samples.length % channels));
        const file = riff(
          ...(junk === undefined ? [] : [chunk('LIST', Buffer.alloc(junk, 0x61))]),
          chunk('fmt ', formatBytes(tag, bits, channels, 8000, isExtensible)),
          chunk('data', Buffer.concat(whole.map(write))),
        );
        const actor = await play(file, { channels });
        expect(actor.values.length).toBe(whole.length);
        actor.values.forEach((value, i) =>
          expect(Math.abs(value - whole[i]!)).toBeLessThanOrEqual(precision),
        );
      });
      await fc.assert(property, { numRuns: 30 });
    });
  });

  it('gives the extremes of 16 bits', async () => {
    const file = pcm16([-1, 0, 0.999_969_482_421_875]);
    expect((await play(file, { channels: 1 })).values).toEqual([-1, 0, 32_767 / 32_768]);
  });

  it('times frames by index and rate, and counts them', async () => {
    const actor = await play(pcm16([0, 0.1, 0.2, 0.3, 0.4, 0.5], 1, 44_100), { channels: 1, block: 2 });
    expect(actor.emissions.map(({ time }) => time)).toEqual([0, 45_351, 90_703]);
    expect(actor.progress()).toEqual({ done: 3, total: 3 });
  });

  it.each([0, 0xffff_ffff])(
    'reads to the end where a streaming writer left the data size %d',
    async (size) => {
      const actor = await play(pcm16([0.5, -0.5, 0.25], 1, 8000, size), { channels: 1 });
      expect(actor.values).toEqual([0.5, -0.5, 0.25]);
    },
  );

  it('goes on from a snapshot in files of many chunks', async () => {
    const samples = Array.from({ length: 100_000 }, (_, i) => ((i * 7919) % 65_536) / 32_768 - 1);
    await withFolder(async (path) => {
      writeFileSync(path('x.wav'), pcm16(samples));
      const options = { path: path('x.wav'), channels: 1, block: 7000, maxEmit: 1, speed: 'max' };
      const first = await new TestActor(wavSource, options).play(6);
      const second = await new TestActor(wavSource, options).restore(first.snapshot()).play();
      first.stop();
      second.stop();
      expect([...first.values, ...second.values]).toEqual(samples.slice(0, 98_000));
    });
  });

  it('holds a chunk and a block in memory, however long the file', async () => {
    await withFolder((path) => {
      writeFileSync(path('x.wav'), pcm16([], 1, 8000, 0xffff_ffff));
      truncateSync(path('x.wav'), 64 * 1024 * 1024);
      const reader = openWav(path('x.wav'), 1);
      const block = new Float32Array(4096);
      const before = process.memoryUsage().arrayBuffers;
      let most = 0;
      while (reader.ensure(4096) === 4096) {
        reader.read(block);
        most = Math.max(most, process.memoryUsage().arrayBuffers - before);
      }
      reader.close();
      expect(most).toBeLessThan(1024 * 1024);
    });
  });

  it('is told by its probe', async () => {
    await withFolder((path) => {
      writeFileSync(path('x.wav'), pcm16([0, 0, 0, 0], 2, 48_000));
      const info = { channels: 2, rateHz: 48_000, samples: 2, labels: ['ch1', 'ch2'], units: ['FS', 'FS'] };
      expect(probeWav(path('x.wav'))).toEqual(info);
    });
  });
});

describe('a bad WAV file gives one clear error:', () => {
  const good = pcm16([0.1, 0.2, 0.3]);

  it('missing', () => {
    expect(() => probeWav('no/such.wav')).toThrow(/^no\/such\.wav: no such file$/);
  });

  it('cut anywhere', async () => {
    for (let length = 4; length < good.length; length++) {
      const error = await failure(good.subarray(0, length));
      expect(error.code).toBe('SOURCE_FILE_TRUNCATED');
      expect(error.message).toContain(`ends at byte ${length}`);
    }
  });

  it('of another kind, or an encoding that is not read', async () => {
    expect((await failure(Buffer.from('0       not a wav file'))).code).toBe('SOURCE_FILE_INVALID');
    expect((await failure(new Uint8Array(0))).code).toBe('SOURCE_FILE_INVALID');
    const rf64 = Buffer.from(good);
    rf64.write('RF64', 0);
    expect((await failure(rf64)).message).toContain('is a RF64 file');
    const muLaw = riff(chunk('fmt ', formatBytes(7, 8, 1, 8000, false)), chunk('data', Buffer.alloc(2)));
    const error = await failure(muLaw);
    expect(error.code).toBe('SOURCE_FILE_UNSUPPORTED');
    expect(error.message).toContain('format 0x7 of 8 bits');
  });

  it('with a format that contradicts itself', async () => {
    const withFormat = (change: (format: Buffer) => void): Buffer => {
      const format = formatBytes(1, 16, 1, 8000, false);
      change(format);
      return riff(chunk('fmt ', format), chunk('data', Buffer.alloc(4)));
    };
    const noChannels = withFormat((f) => f.writeUInt16LE(0, 2));
    expect((await failure(noChannels)).message).toContain('byte 22: it names 0 channels');
    expect((await failure(withFormat((f) => f.writeUInt32LE(0, 4)))).message).toContain('a rate of 0 Hz');
    expect((await failure(withFormat((f) => f.writeUInt16LE(3, 12)))).message).toContain('block size 3');
    const short = riff(chunk('fmt ', Buffer.alloc(14)), chunk('data', Buffer.alloc(4)));
    expect((await failure(short)).message).toContain("'fmt ' chunk has 14 bytes");
    const swapped = riff(chunk('data', Buffer.alloc(4)), chunk('fmt ', formatBytes(1, 16, 1, 8000, false)));
    expect((await failure(swapped)).message).toContain("'data' chunk comes before its 'fmt ' chunk");
    const odd = riff(chunk('fmt ', formatBytes(1, 16, 1, 8000, false)), chunk('data', Buffer.alloc(3)));
    expect((await failure(odd)).message).toContain('data size 3 is no multiple of 2');
  });

  it('cut while it is being played: every time it is asked for more', async () => {
    await withFolder(async (path) => {
      writeFileSync(path('x.wav'), pcm16(Array.from({ length: 100_000 }, () => 0.5)));
      const options = { path: path('x.wav'), channels: 1, block: 1000, maxEmit: 1, speed: 'max' };
      const actor = await new TestActor(wavSource, options).play(32);
      truncateSync(path('x.wav'), 70_000);
      await expect(actor.demand()).rejects.toThrow('ends at byte 70000, inside its data chunk');
      await expect(actor.demand()).rejects.toThrow('ends at byte 70000, inside its data chunk');
      actor.stop();
    });
  });

  it('of other channels than the options say', async () => {
    const error = await failure(pcm16([0, 0], 2));
    expect(error.code).toBe('SOURCE_FILE_MISMATCH');
    expect(error.message).toContain('has 2 channels, but the option `channels` is 1');
  });
});
