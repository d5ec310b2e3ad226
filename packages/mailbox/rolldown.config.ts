import { defineConfig } from 'rolldown';

/** One file in place of many: what a process or a thread loads at its start is half of its cold start. */
export default defineConfig({
  input: { index: './src/index.ts' },
  platform: 'node',
  external: /^(node:|@?[a-z][\w.-]*(\/|$))/,
  output: { dir: 'dist', sourcemap: true, cleanDir: true },
});
