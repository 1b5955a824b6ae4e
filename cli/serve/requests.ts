import type { IncomingMessage, ServerResponse } from 'node:http';

/** Nothing but our own files runs or is loaded, by nobody but our own page; pictures of weights are data. */
const POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data:",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

const HEADERS: Readonly<Record<string, string>> = {
  'content-security-policy': POLICY,
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'cross-origin-resource-policy': 'same-origin',
  'cross-origin-opener-policy': 'same-origin',
  'cache-control': 'no-store',
};

/** What a request is refused with. */
export interface RefusedRequest {
  readonly status: number;
  readonly error: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** @param port that the server listens on @returns why a request is refused before anything is looked up; null: it is not */
export function refusalOf({ method, headers }: IncomingMessage, port: number): RefusedRequest | null {
  // A page of another name that leads to this address (DNS rebinding) says its own.
  if (![`127.0.0.1:${port}`, `localhost:${port}`].includes(headers.host ?? ''))
    return { status: 403, error: `this server answers for 127.0.0.1:${port} and localhost:${port} alone` };
  if (method !== 'GET' && method !== 'HEAD')
    return { status: 405, error: 'this server only shows: use GET', headers: { allow: 'GET, HEAD' } };
  // A page of another origin could not read the answer, and need not make this one work either.
  if (
    ['cross-site', 'same-site'].includes(String(headers['sec-fetch-site'])) &&
    headers['sec-fetch-mode'] !== 'navigate'
  )
    return { status: 403, error: 'this server answers no page but its own' };
  return null;
}

/** Answers with a text and all headers. */
export function answer(
  response: ServerResponse,
  status: number,
  type: string,
  body: string | Uint8Array,
  headers: Readonly<Record<string, string>> = {},
): void {
  const bytes = typeof body === 'string' ? Buffer.from(body) : body;
  response.writeHead(status, {
    ...HEADERS,
    ...headers,
    'content-type': type,
    'content-length': bytes.length,
  });
  response.end(response.req.method === 'HEAD' ? undefined : bytes);
}

export const answerJson = (response: ServerResponse, value: unknown, status = 200): void =>
  answer(response, status, 'application/json; charset=utf-8', JSON.stringify(value));

export const refuse = (response: ServerResponse, { status, error, headers }: RefusedRequest): void =>
  answer(response, status, 'application/json; charset=utf-8', JSON.stringify({ error }), headers);

/** Begins an answer of server-sent events. @returns what sends one */
export function beginEvents(response: ServerResponse): (name: string, data: unknown) => void {
  response.writeHead(200, { ...HEADERS, 'content-type': 'text/event-stream; charset=utf-8' });
  response.flushHeaders();
  return (name, data) => void response.write(`event: ${name}\ndata: ${JSON.stringify(data)}\n\n`);
}
