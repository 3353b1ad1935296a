/** `node bench/lab/cpu/start-products-by-weight.mjs`: runs products-by-weight.ts through vite, as start.mjs does. */
import { fileURLToPath } from 'node:url';
import { runnerImport } from 'vite';

const lab = fileURLToPath(new URL('.', import.meta.url));
await runnerImport(`${lab}products-by-weight.ts`, { root: `${lab}../../..`, configFile: false, logLevel: 'error' });
