import { type Dataset, makeIdxDataset, parseIdx } from '../../data/browser.ts';
import { openCpu } from '../../kernels/index.ts';
import { trainingSpeed } from '../clock.ts';
import { WORKLOADS } from '../workloads.ts';
import type { Answer } from './page.ts';
import type { PageOrder } from './page-order.ts';

const load = async (url: string): Promise<Uint8Array> =>
  new Uint8Array(await (await fetch(url)).arrayBuffer());

/** All of MNIST, which the server has under mnist/. */
async function loadMnist(): Promise<Dataset> {
  const idx = async (name: string, content: 'images' | 'labels') =>
    parseIdx(await load(`/mnist/${name}`), content, name);
  return makeIdxDataset(
    {
      trainImages: await idx('train-images-idx3-ubyte', 'images'),
      trainLabels: await idx('train-labels-idx1-ubyte', 'labels'),
      testImages: await idx('t10k-images-idx3-ubyte', 'images'),
      testLabels: await idx('t10k-labels-idx1-ubyte', 'labels'),
    },
    { name: 'mnist-full', title: 'all of MNIST', comparable: true },
  );
}

async function measure({ workload, fused, seconds }: PageOrder): Promise<Answer> {
  const { condition } = WORKLOADS.find(({ name }) => name === workload)!;
  const device = await openCpu(await load(`/kernels/${fused ? 'kernels-fma' : 'kernels'}.wasm`), {
    hardware: 'a browser',
  });
  const order = { condition, seed: 1, seconds, workers: 1 };
  const { examplesPerSecond } = await trainingSpeed(order, await loadMnist(), [device], new Int32Array(1));
  return { examplesPerSecond };
}

addEventListener('message', async ({ data }: MessageEvent<PageOrder>) => {
  try {
    postMessage(await measure(data));
  } catch (error) {
    postMessage({ failure: error instanceof Error ? error.message : String(error) } satisfies Answer);
  }
});
