import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { studioGraph } from '../src/graph.ts';
import { openSignal, sampleEegPath } from '../src/signal.ts';
import { bandPass, bandPowers, parseEdf } from './reference.ts';

it('computes the band powers of the sample EEG as an independent computation does', async () => {
  const { graph, features, departed } = studioGraph(openSignal('edf', undefined, undefined), 'max');
  await using run = await graph.start();
  run.onSample(departed, () => undefined);
  const windows: { readonly time: number; readonly powers: Float32Array }[] = [];
  for await (const { seq, time, frame } of run.samples(features)) {
    expect(seq).toBe(windows.length);
    windows.push({ time, powers: frame });
  }
  await run.done;

  // 25,600 samples; windows of 512, one every 128. The time is that of the block of 16 that completes the
  // window.
  expect(windows).toHaveLength((25_600 - 512) / 128 + 1);
  expect(windows.map(({ time }) => time)).toEqual(
    windows.map((_, index) => ((512 + 128 * index - 16) / 256) * 1e9),
  );
  const channels = parseEdf(readFileSync(sampleEegPath())).map(bandPass);
  const compared = [0, 1, 40, 99, 150, 196].flatMap((index) =>
    channels.flatMap((filtered, channel) =>
      bandPowers(filtered, index).map((expected, band) => {
        const actual = windows[index]!.powers[channel * 5 + band]!;
        return { index, channel, band, actual, expected };
      }),
    ),
  );
  expect(compared).toHaveLength(6 * 5 * 5);
  const isOff = ({ actual, expected }: (typeof compared)[number]): boolean =>
    !(Math.abs(actual - expected) <= 1e-3 * expected);
  expect(compared.filter(isOff)).toEqual([]);
});
