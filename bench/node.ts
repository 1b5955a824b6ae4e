/** Prints what the Node that runs this is, for `--node`. */
import { hasRelaxedSimd } from '../kernels/index.ts';

process.stdout.write(JSON.stringify({ version: process.version, relaxedSimd: hasRelaxedSimd() }));
