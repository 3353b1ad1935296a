/**
 * The bench's command: `npm run bench -- [kernels] [dvae] [precision] [browser] [sizes] [start-up] [transformer] [hash]
 * [--quick]`.
 * Suites run one after the other on one context, print a table each, and leave JSON and a chart in bench/results; a quick
 * look leaves nothing. How to read them: bench/README.md.
 */
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { WebGLDevice } from '../engine/index.ts';
import { openNodeContext } from '../engine/context/node/open.ts';
import { imagePositions } from '../nets/transformer/architecture.ts';
import { createCeilingProbes } from './ceilings.ts';
import { createOurNet } from './peers/dalle-gl-net.ts';
import { createOurTransformer } from './peers/dalle-gl-transformer.ts';
import { createTfjsNet } from './peers/dalle-tfjs-net.ts';
import { makePicture } from './peers/net.ts';
import type { Half } from './peers/net.ts';
import { openPeers } from './peers/open-peers.ts';
import { createTfjsTransformer } from './peers/tfjs-transformer.ts';
import { chartNets, formatNets, netRowsOf } from './report/dvae.ts';
import type { NetRow } from './report/dvae.ts';
import { chartHashes, formatHashes, hashRowsOf } from './report/hash.ts';
import { chartKernels, formatKernels, rowsOf } from './report/kernels.ts';
import { formatSizes, plotSizes, sizeRowsOf } from './report/sizes.ts';
import { chartStartUp, formatStartUp, startUpRowsOf } from './report/start-up.ts';
import { chartTransformers, formatBeginnings, formatTransformers, transformerRowsOf } from './report/transformer.ts';
import type { TransformerRow } from './report/transformer.ts';
import { describeCircumstances, writeResult } from './report/write.ts';
import type { Circumstances } from './report/write.ts';
import { measureInBrowser } from './suites/browser.ts';
import { measureNets } from './suites/dvae.ts';
import { measureHashInBrowser, measureHashInNode } from './suites/hash.ts';
import { kernelWorkloads, runKernelSuite } from './suites/kernels.ts';
import { formatProfile, profileStep } from './step-profile.ts';
import { measureSizes, sizedNets } from './suites/sizes.ts';
import type { SizeResult } from './suites/sizes.ts';
import { measureStartUp } from './suites/start-up.ts';
import { measureTransformer } from './suites/transformer.ts';
import type { TransformerBeginning, TransformerTask } from './suites/transformer.ts';
import { createTfjsPeer } from './tfjs-peer.ts';
import { makeRandomModel, PAPER_SHAPED, readEmojiModel } from './transformer-models.ts';

interface Setting {
  readonly device: WebGLDevice;
  readonly circumstances: Circumstances;
  readonly quick: boolean;
  /** Where results go; undefined to print only. */
  readonly folder: string | undefined;
}

const suites: Readonly<Record<string, (setting: Setting) => Promise<void>>> = {
  kernels: runKernels,
  dvae: runDvae,
  precision: runPrecision,
  async browser(setting) {
    await runInBrowser('encode', setting);
    await runInBrowser('decode', setting);
  },
  'browser-encode': (setting) => runInBrowser('encode', setting),
  'browser-decode': (setting) => runInBrowser('decode', setting),
  sizes: runSizes,
  'start-up': runStartUp,
  hash: runHash,
  transformer: runTransformer,
};

async function runKernels({ device, circumstances, quick, folder }: Setting): Promise<void> {
  const { peers, dispose } = await openPeers(device, (name, why) =>
    console.error(`without ${name}: ${why instanceof Error ? why.message : String(why)}`),
  );
  const options = quick ? { minRounds: 3, moreSeconds: 0 } : {};
  const results = await runKernelSuite(device.gl, peers, kernelWorkloads, options, ({ workload }) =>
    console.error(`measured ${workload}`),
  );
  dispose();
  const rows = results.flatMap(rowsOf);
  console.log(formatKernels(rows));
  if (folder) report(writeResult(folder, 'kernels', circumstances, rows, chartKernels(rows, circumstances)));
}

/** A fresh TensorFlow.js for each net, so that its bytes are that net's alone. */
async function runDvae({ device, circumstances, quick, folder }: Setting): Promise<void> {
  const picture = makePicture();
  const rows: NetRow[] = [];
  for (const half of ['encode', 'decode'] as const) {
    const tfjs = await createTfjsPeer(device.gl);
    const nets = [createOurNet(device, half, picture), createTfjsNet(tfjs, half, picture)];
    const probes = createCeilingProbes(device.gl);
    rows.push(...netRowsOf(await measureNets(probes, half, nets, quick ? { minRounds: 1 } : {})));
    tfjs.dispose();
    console.error(`measured ${half}`);
  }
  console.log(formatNets(rows));
  if (folder) report(writeResult(folder, 'dvae', circumstances, rows, chartNets(rows, circumstances)));
}

/** Half against full precision: each on a device of its own, so that its bytes are its own, on one context. */
async function runPrecision({ device, circumstances, quick, folder }: Setting): Promise<void> {
  const picture = makePicture();
  const rows: NetRow[] = [];
  for (const half of ['encode', 'decode'] as const) {
    const devices = [0, 1].map(() => new WebGLDevice({ ...device.source, gl: device.gl, dispose() {} }));
    const nets = (['half', 'full'] as const).map((precision, i) => createOurNet(devices[i]!, half, picture, precision));
    rows.push(
      ...netRowsOf(await measureNets(createCeilingProbes(device.gl), half, nets, { minRounds: quick ? 1 : 5 })),
    );
    for (const own of devices) own.dispose();
    console.error(`measured ${half}`);
  }
  console.log(formatNets(rows));
  if (folder) report(writeResult(folder, 'precision', circumstances, rows, chartNets(rows, circumstances)));
}

/** Two rounds at least, after the first run; more for five minutes, since one may take longer than that on a busy machine. */
async function runInBrowser(half: Half, { circumstances, quick, folder }: Setting): Promise<void> {
  const result = await measureInBrowser(half, { minRounds: quick ? 1 : 2, moreSeconds: quick ? 0 : 300 });
  const inBrowser = { ...circumstances, renderer: result.renderer };
  const rows = netRowsOf(result);
  console.log(`${result.renderer}\n${formatNets(rows)}`);
  if (folder) report(writeResult(folder, `browser-${half}`, inBrowser, rows, chartNets(rows, inBrowser)));
}

async function runSizes({ device, circumstances, quick, folder }: Setting): Promise<void> {
  const results: SizeResult[] = [];
  for (const net of sizedNets) {
    results.push(...(await measureSizes(device, net, quick ? { minRounds: 1 } : {})));
    console.error(`measured ${net.name}`);
  }
  const rows = sizeRowsOf(results);
  console.log(formatSizes(rows));
  if (folder) report(writeResult(folder, 'sizes', circumstances, rows, plotSizes(rows, circumstances)));
}

async function runStartUp({ device, circumstances, quick, folder }: Setting): Promise<void> {
  const rows = startUpRowsOf(await measureStartUp(device, quick ? 1 : 5));
  console.log(formatStartUp(rows));
  if (folder) report(writeResult(folder, 'start-up', circumstances, rows, chartStartUp(rows, circumstances)));
}

/** In Node and in Chromium; no device has a part in it. */
async function runHash({ circumstances, quick, folder }: Setting): Promise<void> {
  const options = quick ? { minRounds: 1, moreSeconds: 0 } : { minRounds: 3, moreSeconds: 30 };
  const inNode = await measureHashInNode(options);
  const { renderer, costs } = await measureHashInBrowser(options);
  const rows = hashRowsOf([...inNode, ...costs]);
  console.log(`${renderer}\n${formatHashes(rows)}`);
  const where = { ...circumstances, renderer };
  if (folder) report(writeResult(folder, 'hash', where, rows, chartHashes(rows, where)));
}

/** The emoji model's whole pictures; of the large one a few tokens here and there, which take as long as any. */
async function runTransformer({ device, circumstances, quick, folder }: Setting): Promise<void> {
  const emoji = { model: await readEmojiModel(), checkedTokens: 256, windowTokens: 16, wholePictures: !quick };
  const tasks: Omit<TransformerTask, 'batch'>[] = [emoji];
  if (!quick) {
    const model = makeRandomModel('paper-100m', PAPER_SHAPED);
    tasks.push({ model, checkedTokens: 8, windowTokens: 4, wholePictures: false });
  }
  const beginnings: TransformerBeginning[] = [];
  const rows: TransformerRow[] = [];
  for (const task of tasks) {
    for (const batch of [1, 8]) {
      const tfjs = await createTfjsPeer(device.gl);
      const engines = [
        { create: async (...given: [typeof task.model, number]) => createOurTransformer(device, ...given) },
        { create: (...given: [typeof task.model, number]) => createTfjsTransformer(tfjs, ...given) },
      ];
      const options = quick ? { minRounds: 3, moreSeconds: 0 } : {};
      const result = await measureTransformer(device.gl, engines, { ...task, batch }, options);
      beginnings.push(...result.beginnings);
      rows.push(...transformerRowsOf(result));
      tfjs.dispose();
      const title = `${task.model.name} ×${batch}, draw by draw`;
      const middle = Math.floor(imagePositions(task.model.architecture) / 2);
      console.log(formatProfile(title, await profileStep(device, task.model, { batch, place: middle, runs: 9 })), '\n');
      console.error(`measured ${task.model.name} ×${batch}`);
    }
  }
  console.log(`${formatBeginnings(beginnings)}\n\n${formatTransformers(rows)}`);
  const stored = [...beginnings, ...rows];
  if (folder) report(writeResult(folder, 'transformer', circumstances, stored, chartTransformers(rows, circumstances)));
}

function report(path: string): void {
  console.log(`\nwritten: ${path}.json and .svg`);
}

async function main(): Promise<void> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { quick: { type: 'boolean', default: false } },
  });
  const names = positionals.length > 0 ? positionals : ['kernels'];
  const unknown = names.find((name) => !(name in suites));
  if (unknown !== undefined) {
    console.error(`bench: there is no suite ${unknown}. There are: ${Object.keys(suites).join(', ')}.`);
    process.exitCode = 2;
    return;
  }
  process.env['MESA_SHADER_CACHE_DISABLE'] = 'true'; // getting ready is timed as on a first visit
  const device = new WebGLDevice(await openNodeContext());
  const circumstances = describeCircumstances(device.description);
  const { renderer, cores, cpu, node, load } = circumstances;
  console.log(`${renderer}\n${cores} cores of ${cpu}, Node ${node}, load ${load} at the start\n`);
  const folder = values.quick ? undefined : fileURLToPath(new URL('results', import.meta.url));
  for (const name of names) await suites[name]!({ device, circumstances, quick: values.quick, folder });
  device.dispose();
}

await main();
