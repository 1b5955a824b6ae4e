import { join } from 'node:path';
import { parentPort } from 'node:worker_threads';
import { figureText } from '../../experiments/index.ts';
import { UserError } from '../../kernels/index.ts';
import { readRun, readStoredExperiment } from '../../results/index.ts';
import type { FigureOrder, FigureReply } from './figures.ts';

/** Draws one figure after the other: asking a network can take long, and pages go on being answered meanwhile. */
parentPort!.on('message', async (order: FigureOrder) => parentPort!.postMessage(await reply(order)));

async function reply({ folder, run, figure }: FigureOrder): Promise<FigureReply> {
  try {
    const stored = readRun(join(folder, run));
    const { condition, seed } = stored;
    const comparison = { experiment: readStoredExperiment(folder), runs: [stored] };
    return await figureText(folder, { figure, conditions: [condition], seed }, comparison);
  } catch (error) {
    return {
      error: error instanceof UserError ? error.message : `it cannot be drawn: ${(error as Error).message}`,
    };
  }
}
