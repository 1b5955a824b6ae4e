import { chmodSync, copyFileSync, cpSync, readFileSync, writeFileSync } from 'node:fs';
import { rolldown } from 'rolldown';
import { experimentJsonSchema } from './experiments/index.ts';
import { GPU_JS_VERSION } from './kernels/gpu/plan-states.ts';

/**
 * What dist/ needs beside what tsc writes: the WebAssembly kernels, the built-in experiments and the schema of their files,
 * a command that can be executed, and gpu.js inside of dist/devices/gpu-js.js, with its licence (docs/dependencies.md says
 * why it is no dependency of the package).
 */
const GPU_JS = 'dist/devices/gpu-js.js';
const BUNDLED = ['gpu.js', 'gpu-mock.js'];

const { version } = JSON.parse(readFileSync('node_modules/gpu.js/package.json', 'utf8'));
if (version !== GPU_JS_VERSION)
  throw new Error(
    `gpu.js ${version} is installed, and kernels/gpu/plan-states.ts knows ${GPU_JS_VERSION} from the inside: run npm ci`,
  );

for (const name of ['kernels.wasm', 'kernels-fma.wasm'])
  copyFileSync(`kernels/cpu/${name}`, `dist/kernels/cpu/${name}`);
chmodSync('dist/cli/main.js', 0o755);
for (const folder of ['built-in', 'published'])
  cpSync(`experiments/${folder}`, `dist/experiments/${folder}`, { recursive: true });
writeFileSync('dist/experiment.schema.json', `${JSON.stringify(experimentJsonSchema(), null, 2)}\n`);

// Dependencies of the package stay outside: acorn, and headless-gl, which gpu.js does without where it is missing.
const bundle = await rolldown({ input: GPU_JS, platform: 'node', external: ['acorn', 'gl'] });
await bundle.write({ file: GPU_JS, format: 'esm' });
await bundle.close();
writeFileSync(
  'dist/devices/gpu-js.LICENSE',
  BUNDLED.map((name) => `${name}\n\n${readFileSync(`node_modules/${name}/LICENSE`, 'utf8')}`).join('\n'),
);
