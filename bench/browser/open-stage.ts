/**
 * Node's side of the bench in a browser: serves the sources through vite, opens stage.html in the headless Chromium
 * that the tests of test/browser use, and hands out the page's contenders as contenders of the harness here. Results
 * stay in the page, so that a turn costs one message there and one back, about a millisecond.
 */
import { fileURLToPath } from 'node:url';
import { chromium } from 'playwright';
import type { JSHandle, Page } from 'playwright';
import { createServer } from 'vite';
import type { ViteDevServer } from 'vite';
import { findChromium, ROOT_FLAGS, SWIFTSHADER_FLAGS } from '../../test/browser/chromium.ts';
import type { Contender } from '../harness.ts';
import type { Half, Net } from '../peers/net.ts';
import type { Stage } from './stage.ts';

/** A page with both nets of one half in it. */
export interface RemoteStage {
  /** `Chromium <version>, <renderer>`. */
  readonly renderer: string;
  /** Ours first. */
  readonly nets: readonly Net[];
  readonly probes: readonly Contender[];
  /** Ends the browser, and with it everything on its device. */
  close(): Promise<void>;
}

const folder = fileURLToPath(new URL('..', import.meta.url));

/** A page of the sources, in a browser of its own. */
export interface OpenPage {
  readonly page: Page;
  /** The browser's. */
  readonly version: string;
  /** Ends the browser and the server. */
  close(): Promise<void>;
}

/**
 * Opens stage.html.
 *
 * @param configure adds what else the server serves
 * @throws Error where there is no Chromium on the PATH
 */
export async function openPage(configure: (server: ViteDevServer) => void = () => {}): Promise<OpenPage> {
  const executablePath = findChromium();
  if (executablePath === undefined) {
    throw new Error('openPage: no Chromium on the PATH. Debian or Ubuntu: apt-get install chromium');
  }
  const server = await serveSources(configure);
  const browser = await chromium.launch({ executablePath, args: [...SWIFTSHADER_FLAGS, ...ROOT_FLAGS] });
  const close = async (): Promise<void> => {
    await browser.close();
    await server.close();
  };
  try {
    const page = await browser.newPage();
    await page.goto(`${server.resolvedUrls!.local[0]}bench/browser/stage.html`);
    return { page, version: browser.version(), close };
  } catch (error) {
    await close();
    throw error;
  }
}

/** @throws Error where there is no Chromium on the PATH */
export async function openStage(half: Half): Promise<RemoteStage> {
  const { page, version, close } = await openPage();
  try {
    // As text, because vite rewrites an `import()` that it sees here into a function the page does not have.
    const load = `import('/bench/browser/stage.ts').then(({ openStage }) => openStage('${half}'))`;
    const stage = (await page.evaluateHandle(load)) as JSHandle<Stage>;
    const found = await stage.evaluate(({ renderer, nets, probes }) => ({
      renderer,
      nets: nets.map(({ name, cost }) => ({ name, cost })),
      probes: probes.map(({ name }) => name),
    }));
    return {
      renderer: `Chromium ${version}, ${found.renderer}`,
      nets: found.nets.map(({ name, cost }, index) => remoteNet(stage, index, name, cost)),
      probes: found.probes.map((name, index) => remoteProbe(stage, index, name)),
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}

/** Watches no file and finds every dependency beforehand: a page that reloads loses its measurement. */
async function serveSources(configure: (server: ViteDevServer) => void): Promise<ViteDevServer> {
  const server = await createServer({
    root: fileURLToPath(new URL('../..', import.meta.url)),
    configFile: false,
    logLevel: 'error',
    cacheDir: `${folder}node_modules/.vite`,
    plugins: [{ name: 'configure', configureServer: (own) => void configure(own) }],
    server: { host: '127.0.0.1', hmr: false, watch: null },
    optimizeDeps: { entries: ['bench/browser/stage.html', 'bench/browser/*stage.ts'] },
  });
  return server.listen();
}

function remoteNet(stage: JSHandle<Stage>, index: number, name: string, cost: Net['cost']): Net {
  let peak: number | undefined;
  return {
    name,
    elsewhere: true,
    ...(cost && { cost }),
    prepare: () => stage.evaluate(({ nets }, index) => nets[index]!.prepare(), index),
    async run() {
      const [length, bytes] = await stage.evaluate(async ({ nets }, index) => {
        const result = await nets[index]!.run();
        return [result.length, nets[index]!.peakTextureBytes()] as const;
      }, index);
      peak = bytes;
      return { length };
    },
    peakTextureBytes: () => peak,
    dispose: () => {}, // the browser's end is its end
  };
}

function remoteProbe(stage: JSHandle<Stage>, index: number, name: string): Contender {
  return {
    name,
    elsewhere: true,
    run: async () => ({
      length: await stage.evaluate(async ({ probes }, index) => (await probes[index]!.run()).length, index),
    }),
    dispose: () => {},
  };
}
