import { existsSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { delimiter, join } from 'node:path';
import { Worker } from 'node:worker_threads';

/** What `doctor` finds out about a machine. */
export interface MachineFacts {
  readonly nodeVersion: string;
  readonly cores: number;
  readonly hasSharedMemory: boolean;
  readonly hasWaitAsync: boolean;
  /** The smallest step that `performance.now()` was seen to make, in nanoseconds. */
  readonly clockStepNs: number;
  /** What one call of it takes, in nanoseconds. */
  readonly clockCallNs: number;
  /**
   * From `new Worker` to its first message, in milliseconds: the median of three. `undefined` when none
   * started.
   */
  readonly workerStartMs: number | undefined;
  /** The page of the devtools; `unknown` where they do not load. */
  readonly page: 'built' | 'outdated' | 'missing' | 'unknown';
  /** Where a browser was found. */
  readonly browser: string | undefined;
}

/** Measures this machine; takes a fraction of a second. */
export async function examineMachine(): Promise<MachineFacts> {
  return {
    nodeVersion: process.versions.node,
    cores: availableParallelism(),
    hasSharedMemory: typeof SharedArrayBuffer === 'function' && typeof Atomics === 'object',
    hasWaitAsync: typeof Atomics === 'object' && typeof Atomics.waitAsync === 'function',
    ...measureClock(),
    workerStartMs: await medianWorkerStartMs(),
    page: await examinePage(),
    browser: findBrowser(process.platform, process.env, existsSync),
  };
}

async function examinePage(): Promise<MachineFacts['page']> {
  try {
    const { pageState } = await import('@troupe/devtools');
    return pageState();
  } catch {
    return 'unknown';
  }
}

const clockCalls = 20_000;

function measureClock(): { readonly clockStepNs: number; readonly clockCallNs: number } {
  let stepMs = Infinity;
  const startMs = performance.now();
  let lastMs = startMs;
  for (let call = 0; call < clockCalls; call++) {
    const nowMs = performance.now();
    if (nowMs > lastMs && nowMs - lastMs < stepMs) stepMs = nowMs - lastMs;
    lastMs = nowMs;
  }
  return {
    clockStepNs: Math.round(stepMs * 1e6),
    clockCallNs: Math.round(((lastMs - startMs) / clockCalls) * 1e6),
  };
}

async function medianWorkerStartMs(): Promise<number | undefined> {
  try {
    const times = [await workerStartMs(), await workerStartMs(), await workerStartMs()];
    return times.toSorted((a, b) => a - b)[1];
  } catch {
    return undefined;
  }
}

async function workerStartMs(): Promise<number> {
  const startMs = performance.now();
  const worker = new Worker("require('node:worker_threads').parentPort.postMessage(0)", { eval: true });
  try {
    await new Promise((resolve, reject) => worker.once('message', resolve).once('error', reject));
    return performance.now() - startMs;
  } finally {
    await worker.terminate();
  }
}

const browserNames = [
  'chromium',
  'chromium-browser',
  'google-chrome',
  'google-chrome-stable',
  'microsoft-edge',
  'msedge',
  'firefox',
];
const usualPlaces: Readonly<Partial<Record<NodeJS.Platform, readonly string[]>>> = {
  darwin: [
    '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
    '/Applications/Chromium.app/Contents/MacOS/Chromium',
    '/Applications/Microsoft Edge.app/Contents/MacOS/Microsoft Edge',
    '/Applications/Firefox.app/Contents/MacOS/firefox',
  ],
  linux: ['/snap/bin/chromium', '/opt/google/chrome/chrome', '/opt/microsoft/msedge/msedge'],
};
const windowsPlaces = [
  'Google\\Chrome\\Application\\chrome.exe',
  'Microsoft\\Edge\\Application\\msedge.exe',
  'Mozilla Firefox\\firefox.exe',
];

/** The first browser in PATH, or else in the places where the platform usually has one. */
export function findBrowser(
  platform: NodeJS.Platform,
  env: Readonly<Record<string, string | undefined>>,
  exists: (path: string) => boolean,
): string | undefined {
  const isWindows = platform === 'win32';
  const folders = (env['PATH'] ?? '').split(delimiter).filter((folder) => folder !== '');
  const inPath = browserNames.flatMap((name) =>
    folders.map((folder) => join(folder, isWindows ? `${name}.exe` : name)),
  );
  const roots = ['PROGRAMFILES', 'PROGRAMFILES(X86)', 'LOCALAPPDATA'].flatMap((name) => env[name] ?? []);
  const usual = isWindows
    ? roots.flatMap((root) => windowsPlaces.map((place) => `${root}\\${place}`))
    : (usualPlaces[platform] ?? []);
  return [...inPath, ...usual].find(exists);
}
