import { describe, expect, it } from 'vitest';
import { allocateDoorbells, Doorbell } from '../src/doorbell.ts';

const longMs = 10_000;

const open = (): { consumer: Doorbell; producer: Doorbell } => {
  const bells = allocateDoorbells(2);
  return { consumer: new Doorbell(bells, 1), producer: new Doorbell(bells, 1) };
};

/** How long something took; a wake-up that got lost takes `longMs`. */
function elapsedMs(work: () => void): number {
  const startMs = performance.now();
  work();
  return performance.now() - startMs;
}

describe('doorbell', () => {
  it('a ring between arm and wait is not lost', () => {
    const { consumer, producer } = open();
    for (let i = 0; i < 100; i += 1) {
      consumer.arm();
      producer.ring();
      expect(elapsedMs(() => consumer.wait(longMs))).toBeLessThan(longMs / 2);
    }
  });

  it('a ring while nobody sleeps leaves nothing behind', () => {
    const { consumer, producer } = open();
    producer.ring();
    consumer.arm();
    consumer.disarm();
    producer.ring();
    consumer.arm();
    expect(elapsedMs(() => consumer.wait(20))).toBeGreaterThan(10);
  });

  it('says whether it was rung or the time was over', () => {
    const { consumer, producer } = open();
    consumer.arm();
    expect(consumer.wait(1)).toBe(false);
    consumer.arm();
    producer.ring();
    expect(consumer.wait(longMs)).toBe(true);
  });

  it('the bell of one consumer wakes no other', () => {
    const bells = allocateDoorbells(2);
    const [first, second] = [new Doorbell(bells, 0), new Doorbell(bells, 1)];
    second.arm();
    first.ring();
    expect(elapsedMs(() => second.wait(20))).toBeGreaterThan(10);
  });

  it('an asynchronous wait ends at the ring, before it, or when the time is over', async () => {
    const { consumer, producer } = open();
    const startMs = performance.now();
    consumer.arm();
    setImmediate(() => producer.ring());
    expect(await consumer.waitAsync(longMs)).toBe(true);
    consumer.arm();
    producer.ring();
    expect(await consumer.waitAsync(longMs)).toBe(true);
    consumer.arm();
    expect(await consumer.waitAsync(1)).toBe(false);
    expect(performance.now() - startMs).toBeLessThan(longMs / 2);
  });

  it('a consumer whose waker died half-way is roused', async () => {
    const { consumer, producer } = open();
    consumer.arm();
    const startMs = performance.now();
    const sleep = consumer.waitAsync(longMs);
    const { notify } = Atomics;
    try {
      Atomics.notify = () => {
        throw new Error('died');
      };
      expect(() => producer.ring()).toThrow('died');
    } finally {
      Atomics.notify = notify;
    }
    // It seems to be awake.
    producer.ring();
    producer.rouse();
    await sleep;
    expect(performance.now() - startMs).toBeLessThan(longMs / 2);
    // One that is about to sleep does not.
    consumer.arm();
    producer.rouse();
    expect(consumer.wait(longMs)).toBe(true);
  });

  it('a deferred ring wakes at the strike, once', () => {
    const { consumer, producer } = open();
    producer.defer();
    consumer.arm();
    expect(producer.wouldWake()).toBe(false);
    producer.ring();
    expect(producer.wouldWake()).toBe(true);
    expect(elapsedMs(() => consumer.wait(20))).toBeGreaterThan(10);
    expect(producer.wouldWake()).toBe(false);
    consumer.arm();
    producer.strike();
    expect(elapsedMs(() => consumer.wait(longMs))).toBeLessThan(longMs / 2);
    consumer.arm();
    producer.strike();
    expect(elapsedMs(() => consumer.wait(20))).toBeGreaterThan(10);
  });

  it('announces each control message once, asleep or awake', () => {
    const { consumer, producer } = open();
    expect([consumer.hasControl(), consumer.takeControl()]).toEqual([false, false]);
    producer.ringControl();
    producer.ringControl();
    expect([consumer.hasControl(), consumer.takeControl()]).toEqual([true, true]);
    expect([consumer.hasControl(), consumer.takeControl()]).toEqual([false, false]);
    consumer.arm();
    producer.ringControl();
    expect(elapsedMs(() => consumer.wait(longMs))).toBeLessThan(longMs / 2);
    expect(consumer.takeControl()).toBe(true);
  });

  it('whoever is roused between arm and wait does not sleep', () => {
    const bells = allocateDoorbells(1);
    const [consumer, owner] = [new Doorbell(bells, 0), new Doorbell(bells, 0)];
    consumer.arm();
    owner.rouse();
    expect(elapsedMs(() => consumer.wait(longMs))).toBeLessThan(longMs / 2);
    owner.rouse();
    expect(new Int32Array(bells)[0]).toBe(0);
  });
});
