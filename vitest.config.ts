import { defineConfig } from 'vitest/config';

// Sources are tested, never dist: the condition holds for vitest's own resolver (`ssr.resolve`)
// and, through execArgv, for the worker threads that tests start.
const conditions = ['@troupe/source', 'node'];

export default defineConfig({
  resolve: { conditions },
  ssr: { resolve: { conditions, externalConditions: conditions } },
  test: {
    include: ['packages/*/test/**/*.test.ts', 'apps/*/test/**/*.test.ts', 'tools/test/**/*.test.ts'],
    pool: 'forks',
    execArgv: ['--conditions=@troupe/source'],
    testTimeout: 30_000,
    hookTimeout: 30_000,
    retry: 0,
    allowOnly: false,
    passWithNoTests: false,
    coverage: { provider: 'v8', include: ['packages/*/src/**/*.ts'] },
  },
});
