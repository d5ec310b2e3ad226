import react from '@vitejs/plugin-react';
import { defineConfig } from 'vite';

/** The page: bundled from source, with everything that it needs, so that it works without a network. */
export default defineConfig({
  root: `${import.meta.dirname}/src/ui`,
  base: './',
  plugins: [react()],
  resolve: { conditions: ['@troupe/source', 'module', 'browser', 'production'] },
  worker: { format: 'es' },
  build: {
    outDir: `${import.meta.dirname}/dist/page`,
    emptyOutDir: true,
    target: 'es2022',
    // The strict content security policy of the server allows no inline script.
    modulePreload: { polyfill: false },
    assetsInlineLimit: 0,
    chunkSizeWarningLimit: 2_000,
  },
});
