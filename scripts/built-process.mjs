/**
 * A plugin for what runs the sources through vite: processes and threads that they start begin from the built files,
 * for Node 20 starts none in TypeScript.
 */
import { pathToFileURL } from 'node:url';

/** What starts a process or a thread, and from which file. */
const started = [
  ['/nets/tokenizer/node/start-process.ts', './foreign-process.js'],
  ['/ops/cpu/node/start-worker.ts', './worker.js'],
];

/** @type {import('vite').Plugin} */
export const builtProcess = {
  name: 'built-process',
  enforce: 'pre',
  transform(code, id) {
    const found = started.find(([starter]) => id.endsWith(starter));
    if (!found) return undefined;
    const [starter, file] = found;
    const built = pathToFileURL(id.replace(starter, `/dist${starter}`)).href;
    return code.replace(`new URL('${file}', import.meta.url)`, `new URL('${file}', ${JSON.stringify(built)})`);
  },
};
