/** Node's side of hashing in a browser: a page of the sources, with models served beside them. */
import type { Connect } from 'vite';
import type { JSHandle } from 'playwright';
import type { HashStage, OpenOptions } from './hash-stage.ts';
import { openPage } from './open-stage.ts';

export interface RemoteHashStage extends HashStage {
  /** `Chromium <version>`. */
  readonly renderer: string;
  close(): Promise<void>;
}

/** @param serveModels answers what is asked for below `/models-of-bench/` */
export async function openHashStage(serveModels: Connect.NextHandleFunction): Promise<RemoteHashStage> {
  const { page, version, close } = await openPage((server) => server.middlewares.use('/models-of-bench', serveModels));
  try {
    const load = `import('/bench/browser/hash-stage.ts').then(({ openStage }) => openStage())`;
    const stage = (await page.evaluateHandle(load)) as JSHandle<HashStage>;
    return {
      renderer: `Chromium ${version}`,
      open: (folder, options) =>
        stage.evaluate((page, given) => page.open(given.folder, given.options), { folder, options } as {
          folder: string;
          options: OpenOptions;
        }),
      hashBlob: (bytes, way) => stage.evaluate((page, given) => page.hashBlob(...given), [bytes, way] as const),
      digest: (bytes, way) => stage.evaluate((page, given) => page.digest(...given), [bytes, way] as const),
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}
