import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vite';
import { digitsAsset } from './digits-asset.ts';
import {
  leftOut,
  UNUSED_BY_PAGES,
  UNUSED_BY_WORKERS,
  withoutColourTables,
  withoutOtherTasks,
} from './left-out.ts';

const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

/** Two pages: the playground, a static site of its own, and the dashboard, which `dendrite serve` serves. */
export default defineConfig({
  root: here('.'),
  // Works from any folder of any host.
  base: './',
  plugins: [digitsAsset(), leftOut(UNUSED_BY_PAGES), withoutColourTables],
  worker: {
    format: 'es',
    plugins: () => [leftOut(UNUSED_BY_WORKERS), withoutOtherTasks],
    // The kernels read the source of map functions, so the names that these call must stay.
    rolldownOptions: {
      output: {
        minify: { compress: true, mangle: { toplevel: false }, codegen: { removeWhitespace: true } },
      },
    },
  },
  build: {
    outDir: here('../dist/web'),
    emptyOutDir: true,
    target: 'es2022',
    // A font or an image within the page would need a looser Content-Security-Policy.
    assetsInlineLimit: 0,
    rolldownOptions: {
      checks: { pluginTimings: false },
      input: { playground: here('./index.html'), dashboard: here('./dashboard.html') },
    },
  },
});
