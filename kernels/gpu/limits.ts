/** Bytes of the largest storage buffer that every WebGPU offers. */
export const LARGEST_BUFFER = 2 ** 27;
