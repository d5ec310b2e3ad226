import { readFile } from 'node:fs/promises';
import { compile, planJson, planMermaid, planText } from '@troupe/core';
import { describe, expect, it } from 'vitest';
import { diagnose, findingLines } from '../src/doctor.ts';
import { findBrowser } from '../src/machine.ts';
import type { MachineFacts } from '../src/machine.ts';
import { fixture, troupe } from './child.ts';
import { g } from './fixtures/two-stages.ts';

describe('troupe plan', () => {
  it.each([
    ['text', planText],
    ['mermaid', planMermaid],
    ['json', planJson],
  ] as const)('prints the plan as %s', async (format, print) => {
    const args = ['plan', fixture('two-stages.ts'), '--format', format, '--workers', '2'];
    expect(await troupe(args)).toEqual({ code: 0, stdout: print(compile(g, { workers: 2 })), stderr: '' });
  });
});

describe('troupe plan of a graph file', () => {
  it('is the plan of the graph that it was saved from', async () => {
    const path = fixture('two-stages.toml');
    expect(await g.toToml({ at: path })).toBe(await readFile(path, 'utf8'));
    const plan = await troupe(['plan', path, '--workers', '2']);
    expect(plan).toEqual({ code: 0, stdout: planText(compile(g, { workers: 2 })), stderr: '' });
  });
});

describe('troupe doctor', () => {
  const facts: MachineFacts = {
    nodeVersion: '24.8.0',
    cores: 8,
    hasSharedMemory: true,
    hasWaitAsync: true,
    clockStepNs: 40,
    clockCallNs: 42,
    workerStartMs: 12.34,
    page: 'built',
    browser: '/usr/bin/chromium',
  };

  it('finds this machine fit', async () => {
    const { code, stdout, stderr } = await troupe(['doctor', '--json']);
    const report = JSON.parse(stdout) as { readonly isFit: boolean; readonly facts: MachineFacts };
    expect(report.isFit).toBe(true);
    expect(report.facts.nodeVersion).toBe(process.versions.node);
    expect(report.facts.clockStepNs).toBeGreaterThan(0);
    expect(report.facts.workerStartMs).toBeGreaterThan(0);
    expect(stderr).toBe('');
    expect(code).toBe(0);
    const text = await troupe(['doctor']);
    expect(text.stdout).toMatch(/^ok {6}Node {12}\d+\.\d+\.\d+\n/);
    expect(text.code).toBe(0);
  });

  it('prints what is well, a line each', () => {
    expect(findingLines(diagnose(facts))).toEqual([
      'ok      Node            24.8.0',
      'ok      cores           8',
      'ok      shared memory   SharedArrayBuffer, Atomics.waitAsync',
      'ok      clock           steps of 40 ns, 42 ns per call',
      'ok      worker threads  start in 12.3 ms',
      'ok      page            built',
      'ok      browser         /usr/bin/chromium',
    ]);
  });

  it('says what is missing, and tells a hint from a failure', () => {
    const poor = {
      ...facts,
      nodeVersion: '20.19.5',
      cores: 1,
      hasWaitAsync: false,
      workerStartMs: undefined,
      page: 'missing' as const,
      browser: undefined,
    };
    expect(findingLines(diagnose(poor))).toEqual([
      'FAILED  Node            20.19.5. Install Node 24 or newer.',
      'hint    cores           1. Stages on several workers will share one core.',
      'FAILED  shared memory   no Atomics.waitAsync. Run Node without flags that take it away.',
      'ok      clock           steps of 40 ns, 42 ns per call',
      'FAILED  worker threads  none started. Look at limits on threads and memory (ulimit, container).',
      'hint    page            missing. `npm run build` builds it, and so does its first use.',
      'hint    browser         none found. Only the page needs one: Chromium, Chrome, Edge, Firefox.',
    ]);
  });

  it('looks for a browser in PATH first, then where the platform has them', () => {
    const only =
      (...paths: readonly string[]) =>
      (path: string): boolean =>
        paths.includes(path);
    const chrome = '/opt/google/chrome/chrome';
    expect(findBrowser('linux', { PATH: '/a:/b' }, only('/b/firefox', chrome))).toBe('/b/firefox');
    expect(findBrowser('linux', { PATH: '/a:/b' }, only(chrome))).toBe(chrome);
    expect(findBrowser('linux', {}, only())).toBeUndefined();
    const edge = 'C:\\Programs\\Microsoft\\Edge\\Application\\msedge.exe';
    expect(findBrowser('win32', { PROGRAMFILES: 'C:\\Programs' }, only(edge))).toBe(edge);
  });
});

describe('troupe', () => {
  it('lists its commands and exit codes', async () => {
    const { code, stdout } = await troupe(['--help']);
    for (const word of ['run <graph>', 'plan <graph>', 'doctor', '130']) {
      expect(stdout).toContain(word);
    }
    expect(code).toBe(0);
  });

  it.each(['run', 'plan', 'doctor'])('explains %s', async (command) => {
    const { code, stdout } = await troupe([command, '--help']);
    expect(stdout).toContain(`Usage: troupe ${command}`);
    expect(stdout).toContain('Exit codes:');
    expect(code).toBe(0);
  });

  it('tells its version', async () => {
    expect((await troupe(['--version'])).stdout).toMatch(/^\d+\.\d+\.\d+\n$/);
  });
});
