/** `node bench/lab/cpu/start-emitted.mjs`: runs emitted.ts, TypeScript and all, through vite, as start.mjs does. */
import { fileURLToPath } from 'node:url';
import { runnerImport } from 'vite';

const lab = fileURLToPath(new URL('.', import.meta.url));
await runnerImport(`${lab}emitted.ts`, { root: `${lab}../../..`, configFile: false, logLevel: 'error' });
