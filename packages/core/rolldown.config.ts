import { defineConfig } from 'rolldown';

/** Few files in place of many: what a process or a thread loads at its start is half of its cold start. */
export default defineConfig({
  input: {
    index: './src/index.ts',
    'modes/machine': './src/modes/machine.ts',
    'telemetry/index': './src/telemetry/index.ts',
    'testing/index': './src/testing/index.ts',
    // The pool looks for it beside the file that it stands in itself.
    'worker-entry': './src/drivers/worker-entry.ts',
  },
  platform: 'node',
  external: /^(node:|@?[a-z][\w.-]*(\/|$))/,
  output: { dir: 'dist', sourcemap: true, cleanDir: true },
});
