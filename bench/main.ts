/**
 * The bench's command: `npm run bench -- [kernels] [dvae] [precision] [browser] [sizes] [start-up] [transformer] [hash]
 * [--quick] [--threads N] [--only TEXT …] [--without TEXT …]`. Threads are those of every engine on the CPU [as many as
 * there are cores]. Suites run one after the other on one context, print a table each, and leave JSON and a chart in
 * bench/results; a quick look, or one at some workloads only, leaves nothing. How to read them: bench/README.md.
 */
import os from 'node:os';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { WebGLDevice } from '../engine/index.ts';
import { openNodeContext } from '../engine/context/node/open.ts';
import { suites } from './all-suites.ts';
import { openCpuDevice } from './open-cpu.ts';
import { describeCircumstances, writeResult } from './report/write.ts';
import type { Setting, Suite } from './suite.ts';

/** Suites that are asked for together. */
const GROUPS: Readonly<Record<string, readonly string[]>> = { browser: ['browser-encode', 'browser-decode'] };

async function runSuite({ name, measure }: Suite, setting: Setting, folder: string | undefined): Promise<void> {
  const { text, rows, picture, renderer = setting.circumstances.renderer } = await measure(setting);
  console.log(text);
  if (folder === undefined) return;
  const path = writeResult(folder, name, { ...setting.circumstances, renderer }, rows, picture);
  console.log(`\nwritten: ${path}.json and .svg`);
}

async function main(): Promise<void> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      quick: { type: 'boolean', default: false },
      threads: { type: 'string' },
      only: { type: 'string', multiple: true, default: [] },
      without: { type: 'string', multiple: true, default: [] },
    },
  });
  const names = (positionals.length > 0 ? positionals : ['kernels']).flatMap((name) => GROUPS[name] ?? [name]);
  const unknown = names.find((name) => !suites.some((suite) => suite.name === name));
  if (unknown !== undefined) {
    const known = [...suites.map(({ name }) => name), ...Object.keys(GROUPS)];
    console.error(`bench: there is no suite ${unknown}. There are: ${known.join(', ')}.`);
    process.exitCode = 2;
    return;
  }
  const threads = Number(values.threads ?? os.availableParallelism());
  if (!Number.isInteger(threads) || threads < 1) {
    console.error(`bench: --threads is a whole number from 1 on, got ${values.threads}.`);
    process.exitCode = 2;
    return;
  }
  process.env['LP_NUM_THREADS'] = String(threads); // llvmpipe's
  process.env['MESA_SHADER_CACHE_DISABLE'] = 'true'; // getting ready is timed as on a first visit
  const device = new WebGLDevice(await openNodeContext());
  const circumstances = describeCircumstances(device.description, threads);
  const { renderer, cores, cpu: processor, node, load } = circumstances;
  console.log(
    `${renderer}\n${cores} cores of ${processor}, Node ${node}, ${threads} threads, load ${load} at the start\n`,
  );
  const cpu = await openCpuDevice(threads).catch((error: Error) => {
    console.error(`without dalle-gl on the CPU: ${error.message}`);
    return undefined;
  });
  const { quick, only, without } = values;
  const folder = quick || only.length > 0 ? undefined : fileURLToPath(new URL('results', import.meta.url));
  for (const name of names) {
    await runSuite(
      suites.find((suite) => suite.name === name)!,
      { device, cpu, threads, circumstances, quick, only, without },
      folder,
    );
  }
  cpu?.dispose();
  device.dispose();
}

await main();
