import * as gpuJs from 'gpu.js';
import type { GpuLibrary } from '../kernels/index.ts';

/** In the package, this file contains gpu.js: see docs/dependencies.md. */
export const library = gpuJs as unknown as GpuLibrary;
