/** What gpu.js can run on. */
export const GPU_BACKENDS = ['webgpu', 'headlessgl', 'webasm', 'cpu'] as const;
export type GpuBackend = (typeof GPU_BACKENDS)[number];

/** The library gpu.js. It is handed in, because it is large and few runs need it. */
export type GpuLibrary = typeof import('gpu.js');
