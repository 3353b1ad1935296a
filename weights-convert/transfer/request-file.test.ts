/** What only shows when an answer is left lying: everything else is tested with the cache, node/download-*.test.ts. */
import { setTimeout as wait } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { afterAll, expect, test } from 'vitest';
import { serve, startFileServer } from '../../test/helpers/file-server.ts';
import { requestFile } from './request-file.ts';

const server = await startFileServer();
afterAll(() => server.close());

test('an answer that is read late is not lost to the garbage collector', async () => {
  server.answer = serve({ bytes: new Uint8Array(300_000) });
  setFlagsFromString('--expose-gc');
  const collectGarbage = runInNewContext('gc') as () => void;
  for (let attempt = 0; attempt < 5; attempt++) {
    const transfer = await requestFile(new URL(server.origin), {});
    for (let round = 0; round < 3; round++) {
      await wait(1);
      collectGarbage();
    }
    let bytes = 0;
    for await (const block of transfer!.blocks) bytes += block.length;
    expect(bytes).toBe(300_000);
    transfer!.close();
  }
});
