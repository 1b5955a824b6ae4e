import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vite';

const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

/** Two pages: the playground, a static site of its own, and the dashboard, which `dendrite serve` serves. */
export default defineConfig({
  root: here('.'),
  // Works from any folder of any host.
  base: './',
  worker: { format: 'es' },
  build: {
    outDir: here('../dist/web'),
    emptyOutDir: true,
    target: 'es2022',
    // A font or an image within the page would need a looser Content-Security-Policy.
    assetsInlineLimit: 0,
    rolldownOptions: {
      input: { playground: here('./index.html'), dashboard: here('./dashboard.html') },
      // The kernels read the source of map functions, so names stay and only white space goes.
      output: { minify: { compress: false, mangle: false, codegen: { removeWhitespace: true } } },
    },
  },
});
