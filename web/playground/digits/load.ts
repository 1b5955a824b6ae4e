/** Where the digits lie in the site. */
const PLACE = 'assets/digits.bin';

/**
 * The digits as the site has them, still packed.
 * @param progress told the share that is loaded, from 0 to 1
 * @throws Error when they cannot be loaded
 */
export async function loadDigits(progress: (share: number) => void): Promise<ArrayBuffer> {
  const response = await fetch(new URL(PLACE, document.baseURI));
  if (!response.ok || !response.body)
    throw new Error(`the digits cannot be loaded: ${PLACE} answers ${response.status}`);
  const total = Number(response.headers.get('content-length'));
  const parts: Uint8Array[] = [];
  let loaded = 0;
  const reader = response.body.getReader();
  for (let part = await reader.read(); !part.done; part = await reader.read()) {
    parts.push(part.value);
    loaded += part.value.length;
    if (total > 0) progress(Math.min(1, loaded / total));
  }
  return new Blob(parts as Uint8Array<ArrayBuffer>[]).arrayBuffer();
}
