/**
 * A web server on this machine for tests of downloads. It serves one file properly (ETag, Range, If-Range,
 * If-None-Match) unless a test says how it shall misbehave, and remembers what it was asked.
 */
import { existsSync, readFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';

export type Answer = (request: IncomingMessage, response: ServerResponse) => void;

export interface FileServer {
  readonly origin: string;
  /** The headers of every request so far, in order. */
  readonly requests: IncomingMessage['headers'][];
  /** How the next requests are answered. */
  answer: Answer;
  /** Breaks every connection. */
  cut(): void;
  close(): Promise<void>;
}

export async function startFileServer(): Promise<FileServer> {
  const requests: IncomingMessage['headers'][] = [];
  const server = createServer((request, response) => {
    requests.push(request.headers);
    files.answer(request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const files: FileServer = {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    answer: (_, response) => response.writeHead(404).end(),
    cut: () => server.closeAllConnections(),
    close() {
      server.closeAllConnections();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
  return files;
}

export interface ServedFile {
  readonly bytes: Uint8Array;
  readonly etag?: string;
  readonly lastModified?: string;
}

/** As a good server answers. */
export function serve({ bytes, etag, lastModified }: ServedFile): Answer {
  return ({ headers }, response) => {
    if (etag !== undefined) response.setHeader('etag', etag);
    if (lastModified !== undefined) response.setHeader('last-modified', lastModified);
    const isKnown =
      etag === undefined ? headers['if-modified-since'] === lastModified : headers['if-none-match'] === etag;
    if (isKnown && (etag ?? lastModified) !== undefined) return void response.writeHead(304).end();
    const first = Number(/^bytes=(\d+)-$/.exec(headers.range ?? '')?.[1] ?? 0);
    const isSame = headers['if-range'] === (etag ?? lastModified);
    if (first === 0 || !isSame) return void response.writeHead(200, { 'content-length': bytes.length }).end(bytes);
    if (first >= bytes.length)
      return void response.writeHead(416, { 'content-range': `bytes */${bytes.length}` }).end();
    const range = `bytes ${first}-${bytes.length - 1}/${bytes.length}`;
    response.writeHead(206, { 'content-range': range, 'content-length': bytes.length - first });
    response.end(bytes.subarray(first));
  };
}

/** The first bytes as a good server sends them, and then nothing more until the connection is cut. */
export function serveStart({ bytes, etag, lastModified }: ServedFile, count: number): Answer {
  return ({ headers }, response) => {
    const first = Number(/^bytes=(\d+)-$/.exec(headers.range ?? '')?.[1] ?? 0);
    if (etag !== undefined) response.setHeader('etag', etag);
    if (lastModified !== undefined) response.setHeader('last-modified', lastModified);
    response.setHeader('content-length', bytes.length - first);
    if (first > 0) response.setHeader('content-range', `bytes ${first}-${bytes.length - 1}/${bytes.length}`);
    response.writeHead(first > 0 ? 206 : 200).write(bytes.subarray(first, count));
  };
}

/** The files of a folder, each under its name; `onName` hears what is asked for, with what follows a question mark. */
export function serveFolder(folder: string, onName: (name: string) => void = () => {}): Answer {
  return (request, response) => {
    const { pathname, search } = new URL(request.url!, 'http://localhost');
    const name = pathname.split('/').at(-1)!;
    onName(`${name}${search}`);
    const path = join(folder, name);
    if (name === '' || !existsSync(path)) return void response.writeHead(404).end();
    serve({ bytes: readFileSync(path), etag: `"${name}"` })(request, response);
  };
}
