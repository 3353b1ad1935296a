/**
 * A proxy on this machine: it tunnels (CONNECT) and forwards (an absolute address in the request), whatever host is
 * named, to one server; it counts, and can want a log-in.
 */
import { createServer, request as ask } from 'node:http';
import { connect, type AddressInfo, type Socket } from 'node:net';

interface Proxy {
  /** `host:port`. */
  readonly host: string;
  /** What was asked of it, as in `CONNECT example.org:443` or `GET http://example.org/x`. */
  readonly requests: string[];
  /** What its clients must send as `proxy-authorization`. */
  login: string | undefined;
  close(): Promise<void>;
}

/** @param origin the server behind it, which plays every host */
export async function startProxy(origin: string): Promise<Proxy> {
  const { hostname, port } = new URL(origin);
  const sockets = new Set<Socket>();
  const isRefused = (given: string | undefined): boolean => proxy.login !== undefined && given !== proxy.login;
  const server = createServer(({ method, url, headers }, response) => {
    proxy.requests.push(`${method} ${url}`);
    if (isRefused(headers['proxy-authorization'])) return void response.writeHead(407).end('log in');
    const { pathname, search } = new URL(url!);
    const forwarded = ask({ hostname, port, path: pathname + search, method, headers }, (answer) => {
      response.writeHead(answer.statusCode!, answer.headers);
      answer.pipe(response);
    });
    forwarded.on('error', () => response.destroy());
    forwarded.end();
  });
  server.on('connect', ({ method, url, headers }, socket: Socket) => {
    proxy.requests.push(`${method} ${url}`);
    sockets.add(socket);
    socket.on('error', () => {});
    if (isRefused(headers['proxy-authorization'])) return void socket.end('HTTP/1.1 407 Log In\r\n\r\n');
    const tunnel = connect(Number(port), hostname, () => {
      socket.write('HTTP/1.1 200 OK\r\n\r\n');
      tunnel.pipe(socket).pipe(tunnel);
    });
    tunnel.on('error', () => socket.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const proxy: Proxy = {
    host: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests: [],
    login: undefined,
    close() {
      for (const socket of sockets) socket.destroy();
      server.closeAllConnections();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
  return proxy;
}
