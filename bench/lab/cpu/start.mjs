/**
 * `node bench/lab/cpu/start.mjs [net …]`: runs main.ts, TypeScript and all, through vite, as bench/start.mjs does.
 */
import { fileURLToPath } from 'node:url';
import { runnerImport } from 'vite';

const lab = fileURLToPath(new URL('.', import.meta.url));
await runnerImport(`${lab}main.ts`, { root: `${lab}../../..`, configFile: false, logLevel: 'error' });
