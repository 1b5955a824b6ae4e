import { Code, encodeModule } from './wasm-encoder.ts';

/**
 * Can this JavaScript engine compile kernels-fma.wasm? Node 22 and later can, Node 20 only with
 * `--experimental-wasm-relaxed-simd`.
 */
export function hasRelaxedSimd(): boolean {
  const code = new Code();
  for (let operand = 0; operand < 3; operand++) code.constant(0);
  code.operation('f32x4.relaxed_madd');
  code.set(0);
  return WebAssembly.validate(encodeModule({ parameters: [], locals: ['v128'], code }));
}
