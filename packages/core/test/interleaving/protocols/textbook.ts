import assert from 'node:assert/strict';
import { pause, untilOver } from '../engine/thread.ts';
import type { Protocol } from '../engine/protocol.ts';

/** Protocols of the textbooks, some of them broken: what the explorer itself is tested with. */

type Words = Int32Array;

function words(): Words {
  return new Int32Array(new SharedArrayBuffer(64));
}

function isTwo(shared: Words): void {
  assert.equal(shared[0], 2, 'an update was lost');
}

export const lostUpdate: Protocol<Words> = {
  setup: words,
  threads: {
    one(shared) {
      shared[0] = (shared[0] as number) + 1;
    },
    other(shared) {
      (shared[0] as number)++;
    },
  },
  final: isTwo,
};

export const countedUpdate: Protocol<Words> = {
  setup: words,
  threads: {
    one(shared) {
      Atomics.add(shared, 0, 1);
    },
    other(shared) {
      Atomics.add(shared, 0, 1);
    },
  },
  final: isTwo,
};

/** Words 0 and 1: who wants to enter; 2: whose turn it is; 3: how many are inside. */
function enterPeterson(shared: Words, self: number, rounds: number): void {
  for (let round = 0; round < rounds; round++) {
    Atomics.store(shared, self, 1);
    Atomics.store(shared, 2, 1 - self);
    while (Atomics.load(shared, 1 - self) === 1 && Atomics.load(shared, 2) === 1 - self) pause();
    stayInside(shared);
    Atomics.store(shared, self, 0);
  }
}

/** Looks before it says that it wants to enter. */
function enterCarelessly(shared: Words, self: number): void {
  while (Atomics.load(shared, 1 - self) === 1) pause();
  Atomics.store(shared, self, 1);
  stayInside(shared);
  Atomics.store(shared, self, 0);
}

/** Waits for the other one without a turn. */
function enterPolitely(shared: Words, self: number): void {
  Atomics.store(shared, self, 1);
  while (Atomics.load(shared, 1 - self) === 1) pause();
  stayInside(shared);
  Atomics.store(shared, self, 0);
}

function stayInside(shared: Words): void {
  Atomics.add(shared, 3, 1);
  Atomics.sub(shared, 3, 1);
}

function oneAtMost(shared: Words): void {
  assert.ok((shared[3] as number) <= 1, 'two are inside');
}

export const peterson: Protocol<Words> = {
  setup: words,
  threads: {
    one(shared) {
      enterPeterson(shared, 0, 2);
    },
    other(shared) {
      enterPeterson(shared, 1, 2);
    },
  },
  invariant: oneAtMost,
};

export const careless: Protocol<Words> = {
  setup: words,
  threads: {
    one(shared) {
      enterCarelessly(shared, 0);
    },
    other(shared) {
      enterCarelessly(shared, 1);
    },
  },
  invariant: oneAtMost,
};

export const polite: Protocol<Words> = {
  setup: words,
  threads: {
    one(shared) {
      enterPolitely(shared, 0);
    },
    other(shared) {
      enterPolitely(shared, 1);
    },
  },
  invariant: oneAtMost,
};

/** Word 0: made; 1: the value; 2: a lock. */
function getChecked(shared: Words, isFlagLast: boolean): void {
  if (Atomics.load(shared, 0) === 0) {
    while (Atomics.compareExchange(shared, 2, 0, 1) !== 0) pause();
    if (Atomics.load(shared, 0) === 0) {
      if (!isFlagLast) Atomics.store(shared, 0, 1);
      shared[1] = 7;
      if (isFlagLast) Atomics.store(shared, 0, 1);
    }
    Atomics.store(shared, 2, 0);
  }
  assert.equal(shared[1], 7, 'seen before it was made');
}

export const doubleChecked: Protocol<Words> = {
  setup: words,
  threads: {
    one(shared) {
      getChecked(shared, true);
    },
    other(shared) {
      getChecked(shared, true);
    },
    third(shared) {
      getChecked(shared, true);
    },
  },
};

export const flagFirst: Protocol<Words> = {
  setup: words,
  threads: {
    one(shared) {
      getChecked(shared, false);
    },
    other(shared) {
      getChecked(shared, false);
    },
  },
};

/** The sleeper looks, and then sleeps, whatever has happened in between. */
export const lostWakeUp: Protocol<Words> = {
  setup: words,
  threads: {
    sleeper(shared) {
      if (Atomics.load(shared, 0) === 0) Atomics.wait(shared, 1, 0);
    },
    waker(shared) {
      Atomics.store(shared, 0, 1);
      Atomics.notify(shared, 1);
    },
  },
};

/** It sleeps on the word that is changed. */
export const wakeUp: Protocol<Words> = {
  setup: words,
  threads: {
    sleeper(shared) {
      Atomics.wait(shared, 0, 0);
      assert.equal(Atomics.load(shared, 0), 1);
    },
    waker(shared) {
      Atomics.store(shared, 0, 1);
      Atomics.notify(shared, 0);
    },
  },
};

/** Two words that must be equal whenever the writer is not at work, or has died. */
export const halfDone: Protocol<Words> = {
  setup: words,
  threads: {
    writer(shared) {
      shared[0] = 1;
      shared[1] = 1;
    },
    heir(shared) {
      untilOver('writer');
      assert.equal(shared[0], shared[1], 'half of it was left');
    },
  },
  mortal: ['writer'],
};

/** How many orders there are of two threads with two and three independent steps on the same word. */
export const counted: Protocol<Words> = {
  setup: words,
  threads: {
    one(shared) {
      Atomics.add(shared, 0, 1);
      Atomics.add(shared, 0, 1);
    },
    other(shared) {
      Atomics.add(shared, 0, 1);
      Atomics.add(shared, 0, 1);
      Atomics.add(shared, 0, 1);
    },
  },
};

interface Loops {
  readonly shared: Words;
  readonly copy: Words;
}

/** A copy, word by word, of what is overwritten meanwhile. */
export const tornCopy: Protocol<Loops> = {
  setup: () => ({ shared: words(), copy: new Int32Array(16) }),
  threads: {
    writer({ shared }) {
      shared.set([1, 1, 1]);
    },
    reader({ shared, copy }) {
      copy.set(shared);
      assert.ok(copy[0] === copy[1] && copy[1] === copy[2], 'torn');
    },
  },
};
