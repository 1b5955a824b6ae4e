import { UserError } from './errors.ts';

/**
 * The SHA-256 of bytes in 64 lower-case hexadecimal digits, on every platform.
 * @throws UserError where the platform has no Web Crypto (browsers have it on https pages and localhost only)
 */
export async function sha256(bytes: Uint8Array): Promise<string> {
  const { crypto } = globalThis;
  if (!crypto?.subtle)
    throw new UserError('this page cannot compute SHA-256 hashes: serve it over https or from localhost');
  // Web Crypto refuses shared memory, hence the copy.
  const digest = await crypto.subtle.digest('SHA-256', new Uint8Array(bytes));
  return Array.from(new Uint8Array(digest), (byte) => byte.toString(16).padStart(2, '0')).join('');
}
