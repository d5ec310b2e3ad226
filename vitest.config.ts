import { availableParallelism } from 'node:os';
import { defineConfig } from 'vitest/config';

// Sources are tested, never dist: the condition holds for vitest's own resolver (`ssr.resolve`)
// and, through execArgv, for the worker threads that tests start.
const conditions = ['@troupe/source', 'node'];
const browserTests = 'packages/devtools/test/browser/**/*.test.ts';

export default defineConfig({
  resolve: { conditions },
  ssr: { resolve: { conditions, externalConditions: conditions } },
  test: {
    pool: 'forks',
    // Unless told, one core would be kept free for it.
    maxWorkers: Math.max(2, availableParallelism() - 1),
    // V8 crashes now and then when two threads compile their wrappers of what WebAssembly imports at once
    // (`Check failed: jit_page.has_value()`), and each thread that strips types has WebAssembly.
    execArgv: ['--conditions=@troupe/source', '--wasm-wrapper-tiering-budget=1000000000'],
    testTimeout: 30_000,
    hookTimeout: 30_000,
    retry: 0,
    allowOnly: false,
    passWithNoTests: false,
    coverage: { provider: 'v8', include: ['packages/*/src/**/*.ts'] },
    projects: [
      {
        extends: true,
        test: {
          name: 'node',
          include: ['packages/*/test/**/*.test.ts', 'apps/*/test/**/*.test.ts', 'tools/test/**/*.test.ts'],
          exclude: [browserTests],
        },
      },
      {
        extends: true,
        test: {
          name: 'browser',
          include: [browserTests],
          globalSetup: ['packages/devtools/test/browser/page-setup.ts'],
          // A browser and what it draws need a core for themselves.
          fileParallelism: false,
          // On a machine that has other work a page may need more than the usual second.
          expect: { poll: { timeout: 20_000 } },
          testTimeout: 120_000,
          hookTimeout: 120_000,
        },
      },
    ],
  },
});
