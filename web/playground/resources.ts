import exact from '../../kernels/cpu/kernels.wasm?url';
import fused from '../../kernels/cpu/kernels-fma.wasm?url';
import type { Resources } from './run/messages.ts';
import script from './run/worker.ts?worker&url';

/** Where the digits lie in the site. */
const DIGITS = 'assets/digits.bin';

/**
 * Loads all that workers need, once: what comes later must not ask the network, for the page goes on where there is none.
 * @param progress told the share of the digits that is loaded, from 0 to 1
 * @throws Error when something cannot be loaded
 */
export async function loadResources(progress: (share: number) => void): Promise<Resources> {
  const [digits, ...kernels] = await Promise.all([
    loadWithProgress(new URL(DIGITS, document.baseURI), progress),
    ...[exact, fused].map(async (url) => (await load(url)).arrayBuffer()),
  ]);
  return { digits, exact: kernels[0]!, fused: kernels[1]! };
}

/** Address of the workers' code, in memory. In development it stays where it is, for it imports other files. */
export const loadWorker = async (): Promise<string> =>
  import.meta.env.DEV ? script : URL.createObjectURL(await (await load(script)).blob());

async function load(url: URL | string): Promise<Response> {
  const response = await fetch(url).catch((error: Error) => {
    throw new Error(`${url} cannot be loaded (${error.message}); load the page again`);
  });
  if (!response.ok) throw new Error(`${url} cannot be loaded (${response.status}); load the page again`);
  return response;
}

async function loadWithProgress(url: URL, progress: (share: number) => void): Promise<Blob> {
  const response = await load(url);
  const total = Number(response.headers.get('content-length'));
  let loaded = 0;
  const count = new TransformStream<Uint8Array<ArrayBuffer>, Uint8Array<ArrayBuffer>>({
    transform(part, controller) {
      loaded += part.length;
      if (total > 0) progress(Math.min(1, loaded / total));
      controller.enqueue(part);
    },
  });
  return new Response(response.body!.pipeThrough(count)).blob();
}
