/** What gpu.js can run on. */
export const GPU_BACKENDS = ['webgpu', 'headlessgl', 'webasm', 'cpu'] as const;
export type GpuBackend = (typeof GPU_BACKENDS)[number];
