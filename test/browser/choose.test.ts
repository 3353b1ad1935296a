/**
 * Which device a page gets: the one that is named, else WebGL or the CPU by name and speed; and WebGL where the page's
 * policy forbids WebAssembly.
 */
import { afterEach, expect, test, vi } from 'vitest';
import { open } from '../../index.ts';
import { run, tensor } from '../../ops/index.ts';

afterEach(() => void vi.restoreAllMocks());

test.each(['webgl', 'cpu'] as const)('%s by its name', async (device) => {
  const opened = await (device === 'cpu' ? open({ device }) : open({ device }));
  expect(opened.kind).toBe(device);
  expect([...(await run(opened, tensor([1, 2], [2])))]).toEqual([1, 2]);
  opened.dispose();
});

test('an option or a canvas of WebGL means WebGL', async () => {
  for (const options of [{ targets: 2 }, { canvas: document.createElement('canvas') }]) {
    const opened = await open(options);
    expect(opened.kind).toBe('webgl');
    opened.dispose();
  }
});

test('without a name, one that computes, and the same again', async () => {
  const [first, second] = [await open(), await open()];
  expect(['webgl', 'cpu']).toContain(first.kind);
  expect(second.kind).toBe(first.kind);
  for (const opened of [first, second]) {
    expect([...(await run(opened, tensor([1, 2], [2])))]).toEqual([1, 2]);
    opened.dispose();
  }
});

test.each([{ device: 'gpu' }, { device: null }, { device: 'cpu', targets: 2 }, { device: 'webgl', threads: 2 }])(
  '%j is refused',
  async (options) => {
    await expect(open(options as never)).rejects.toMatchObject({ code: 'E_ARGUMENT' });
  },
);

/** What a page with this policy says of `open`, in a frame of its own. */
function askFrame(policy: string): Promise<{ readonly cpu: string; readonly unnamed: string }> {
  const script = `
    const { open } = await import(${JSON.stringify(new URL('../../index.ts', import.meta.url).href)});
    const tell = (promise) => promise.then(({ kind }) => kind, ({ code, message }) => code + ' ' + message);
    parent.postMessage({ cpu: await tell(open({ device: 'cpu' })), unnamed: await tell(open()) }, '*');`;
  const frame = document.createElement('iframe');
  frame.srcdoc = `<meta http-equiv="Content-Security-Policy" content="${policy}"><script type="module">${script}</script>`;
  return new Promise((resolve) => {
    const listen = ({ source, data }: MessageEvent): void => {
      if (source !== frame.contentWindow) return;
      removeEventListener('message', listen);
      frame.remove();
      resolve(data as { cpu: string; unnamed: string });
    };
    addEventListener('message', listen);
    document.body.append(frame);
  });
}

test('a page whose policy forbids WebAssembly is told the header, and gets WebGL where it names no device', async () => {
  const { cpu, unnamed } = await askFrame("script-src 'self' 'unsafe-inline'");
  expect(cpu).toMatch(/^E_WASM_BLOCKED open: .+script-src 'self' 'wasm-unsafe-eval'/);
  expect(unnamed).toBe('webgl');
  const allowed = await askFrame("script-src 'self' 'unsafe-inline' 'wasm-unsafe-eval'");
  expect(allowed.cpu).toBe('cpu');
});
