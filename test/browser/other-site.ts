/**
 * Another site for tests of pages: a server of its own on this machine, which packs what it serves (gzip). By its first
 * path it lets other pages read (`/open/…`) or does not (`/closed/…`).
 */
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';

const model = fileURLToPath(new URL('../../models/emoji', import.meta.url));
let origin: Promise<string> | undefined;

/** Starts the site, if it is not there, and gives its origin. It ends with the process of the tests. */
export function startOtherSite(): Promise<string> {
  origin ??= new Promise((resolve) => {
    const server = createServer(async (request, response) => {
      const { pathname } = new URL(request.url!, 'http://localhost');
      const bytes = await readFile(join(model, basename(pathname))).catch(() => undefined);
      if (!bytes) return void response.writeHead(404).end();
      if (pathname.startsWith('/open/')) response.setHeader('access-control-allow-origin', '*');
      const packed = gzipSync(bytes);
      response.writeHead(200, { 'content-encoding': 'gzip', 'content-length': packed.length }).end(packed);
    });
    server.listen(0, '127.0.0.1', () => resolve(`http://127.0.0.1:${(server.address() as AddressInfo).port}`));
    server.unref();
  });
  return origin;
}
