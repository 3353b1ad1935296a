/**
 * `fetch` as the environment asks for it: through the proxies of HTTP_PROXY and HTTPS_PROXY, but for the hosts of
 * NO_PROXY; in lower case they win, as in curl. Node 20's own fetch knows no proxies, so undici's is taken then, which
 * is loaded only if there is one.
 */
import type { EnvHttpProxyAgent } from 'undici';
import { FormatError, UsageError } from '../errors.ts';
import { nameFailure, type Answer } from '../fetch-failure.ts';

interface FetchOptions {
  readonly headers?: Record<string, string>;
  readonly signal: AbortSignal;
}

/** What the environment says; empty where it says nothing. */
interface ProxySettings {
  readonly httpProxy: string;
  readonly httpsProxy: string;
  readonly noProxy: string;
}

/** One for as long as the environment says the same: it keeps connections. */
let kept: { readonly key: string; readonly agent: EnvHttpProxyAgent } | undefined;

/**
 * The answer to a GET of an address.
 *
 * @throws UsageError `E_PROXY` for a variable that names no proxy; FormatError `E_DOWNLOAD` if the proxy refuses or
 *   cannot be reached; what `fetch` throws
 */
export async function fetchAddress(address: URL, options: FetchOptions): Promise<Answer> {
  const settings = readSettings(process.env);
  const proxy = address.protocol === 'https:' ? settings.httpsProxy : settings.httpProxy;
  if (proxy === '') return fetch(address, options);
  const undici = await import('undici');
  const key = JSON.stringify(settings);
  // Without a tunnel for http: many proxies allow tunnels to port 443 only.
  if (kept?.key !== key) kept = { key, agent: new undici.EnvHttpProxyAgent({ ...settings, proxyTunnel: false }) };
  try {
    const response = await undici.fetch(address, { ...options, dispatcher: kept.agent });
    if (response.status === 407) throw new Error('Proxy response (407)');
    return response;
  } catch (error) {
    if (options.signal.aborted) throw error;
    throw describeProxyFailure(address, proxy, settings.noProxy, error);
  }
}

function readSettings(env: NodeJS.ProcessEnv): ProxySettings {
  return {
    httpProxy: readProxy('HTTP_PROXY', env),
    httpsProxy: readProxy('HTTPS_PROXY', env),
    noProxy: (env['no_proxy'] ?? env['NO_PROXY'] ?? '').trim(),
  };
}

/** The address in a variable, with `http://` before it where it was left out, as people do. */
function readProxy(name: 'HTTP_PROXY' | 'HTTPS_PROXY', env: NodeJS.ProcessEnv): string {
  const value = (env[name.toLowerCase()] ?? env[name] ?? '').trim();
  if (value === '') return '';
  const text = /^[a-z][a-z0-9+.-]*:\/\//i.test(value) ? value : `http://${value}`;
  const proxy = URL.canParse(text) ? new URL(text) : undefined;
  if (proxy && /^https?:$/.test(proxy.protocol)) return proxy.href;
  throw new UsageError(
    'E_PROXY',
    `download: the environment variable ${name} (or ${name.toLowerCase()}) is no address of an http or https proxy. ` +
      'Write it as in http://proxy.example.org:3128, or unset it.',
  );
}

function describeProxyFailure(address: URL, proxy: string, noProxy: string, error: unknown): FormatError {
  const name = new URL(proxy).origin;
  const exception = noProxy === '' ? '' : ', unless NO_PROXY excepts its host';
  const status = /Proxy (?:response|Authentication Required) \((\d{3})\)/.exec(causesOf(error))?.[1];
  const reason = status === undefined ? nameFailure(error) : `the proxy answered ${status}`;
  const advice =
    status === '407'
      ? 'It wants a log-in: name it as http://user:password@host:port.'
      : 'Check the proxy and the address; hosts that need no proxy go into NO_PROXY.';
  return new FormatError(
    'E_DOWNLOAD',
    `download: wanted ${address.href} through the proxy ${name} (HTTP_PROXY, HTTPS_PROXY)${exception}, but the ` +
      `connection failed (${reason}). ${advice}`,
    { cause: error },
  );
}

/** The messages of an error and of those behind it. */
function causesOf(error: unknown): string {
  return error instanceof Error ? `${error.message} ${causesOf(error.cause)}` : '';
}
