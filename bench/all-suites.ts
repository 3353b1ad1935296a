/**
 * The suites of the bench: how each is measured against its peers, told in words, and drawn. A file of `suites/`
 * measures each, and one of `report/` tells of it.
 */
import { WebGLDevice } from '../engine/index.ts';
import { imagePositions } from '../nets/transformer/architecture.ts';
import { createCeilingProbes } from './ceilings.ts';
import { createOurNet } from './peers/dalle-gl-net.ts';
import { createOurTransformer } from './peers/dalle-gl-transformer.ts';
import { makePicture } from './peers/net.ts';
import type { Half } from './peers/net.ts';
import { openNets } from './peers/open-nets.ts';
import { openPeers } from './peers/open-peers.ts';
import { createMultiplyAddProbe, createStreamProbe } from './wasm-ceilings.ts';
import { listTrainings } from './peers/list-trainings.ts';
import { createTfjsTransformer } from './peers/tfjs-transformer.ts';
import type { TransformerModel } from './peers/transformer-peer.ts';
import type { Probes } from './probes.ts';
import { addColdStarts, coldRowsOf, formatColdStarts, formatPackage } from './report/cold-start.ts';
import { chartNets, formatNets, netRowsOf } from './report/dvae.ts';
import type { NetRow } from './report/dvae.ts';
import { chartHashes, formatHashes, hashRowsOf } from './report/hash.ts';
import { chartKernels, formatKernels, rowsOf } from './report/kernels.ts';
import { formatSizes, plotSizes, sizeRowsOf } from './report/sizes.ts';
import { chartProfiles, formatProfiles } from './report/profile.ts';
import { chartStartUp, formatStartUp, startUpRowsOf } from './report/start-up.ts';
import { chartTransformers, formatBeginnings, formatTransformers, transformerRowsOf } from './report/transformer.ts';
import type { TransformerRow } from './report/transformer.ts';
import { measureInBrowser } from './suites/browser.ts';
import { measureColdStarts, measurePackage } from './suites/cold-start.ts';
import { measureNets } from './suites/dvae.ts';
import { measureHashInBrowser, measureHashInNode } from './suites/hash.ts';
import { kernelWorkloads, runKernelSuite } from './suites/kernels.ts';
import { formatProfile, profileStep } from './step-profile.ts';
import { profiledNets } from './profiled-nets.ts';
import { measureProfile } from './suites/profile.ts';
import type { StepGroup } from './suites/profile.ts';
import { measureMiniDecode, measureMiniTokens } from './suites/relatives.ts';
import { measureSizes, sizedNets } from './suites/sizes.ts';
import type { SizeResult } from './suites/sizes.ts';
import { measureStartUp } from './suites/start-up.ts';
import { measureTransformer } from './suites/transformer.ts';
import type { TransformerBeginning, TransformerEngine } from './suites/transformer.ts';
import { measureTraining } from './suites/training.ts';
import { trainingTasks } from './training-tasks.ts';
import { createTfjsPeer } from './tfjs-peer.ts';
import type { TfjsPeer } from './tfjs-peer.ts';
import { halveModel, makeRandomModel, PAPER_SHAPED, readEmojiModel } from './transformer-models.ts';
import { describeWorkload } from './workload.ts';
import type { Measured, Setting, Suite } from './suite.ts';

const isWanted = ({ only }: Setting, name: string): boolean =>
  only.length === 0 || only.some((part) => name.includes(part));

const takesPart = ({ without }: Setting, { name }: { readonly name: string }): boolean =>
  !without.some((part) => name.includes(part));

const tellMissing = (name: string, why: unknown): void =>
  console.error(`without ${name}: ${why instanceof Error ? why.message : String(why)}`);

/** Of WebGL, and of WebAssembly with as many threads as the contenders have. */
async function createProbes({ device, threads }: Setting): Promise<Probes> {
  return { webgl: createCeilingProbes(device.gl), multiplyAdds: await createMultiplyAddProbe(threads) };
}

async function measureKernelsSuite(setting: Setting): Promise<Measured> {
  const { circumstances, quick } = setting;
  const { peers, dispose } = await openPeers(setting, tellMissing);
  const options = quick ? { minRounds: 3, moreSeconds: 0 } : {};
  const probes = await createProbes(setting);
  const workloads = kernelWorkloads.filter((workload) => isWanted(setting, describeWorkload(workload)));
  const present = peers.filter((peer) => takesPart(setting, peer));
  const results = await runKernelSuite(probes, present, workloads, options, ({ workload }) =>
    console.error(`measured ${workload}`),
  );
  dispose();
  const rows = results.flatMap(rowsOf);
  return { text: formatKernels(rows), rows, picture: chartKernels(rows, circumstances) };
}

/** A fresh TensorFlow.js for each net, so that its bytes are that net's alone. */
async function measureDvaeSuite(setting: Setting): Promise<Measured> {
  const { device, circumstances, quick } = setting;
  const picture = makePicture();
  const rows: NetRow[] = [];
  for (const half of (['encode', 'decode'] as const).filter((name) => isWanted(setting, name))) {
    const tfjs = await createTfjsPeer(device.gl);
    const all = await openNets(tfjs, setting, half, picture, tellMissing);
    const nets = all.filter((net) => takesPart(setting, net));
    for (const net of all) if (!nets.includes(net)) net.dispose();
    const probes = await createProbes(setting);
    rows.push(...netRowsOf(await measureNets(probes, half, nets, quick ? { minRounds: 1 } : {})));
    tfjs.dispose();
    console.error(`measured ${half}`);
  }
  return { text: formatNets(rows), rows, picture: chartNets(rows, circumstances) };
}

/** Half against full precision: each on a device of its own, so that its bytes are its own, on one context. */
async function measurePrecisionSuite({ device, circumstances, quick }: Setting): Promise<Measured> {
  const picture = makePicture();
  const rows: NetRow[] = [];
  for (const half of ['encode', 'decode'] as const) {
    const devices = [0, 1].map(() => new WebGLDevice({ ...device.source, gl: device.gl, dispose() {} }));
    const nets = (['half', 'full'] as const).map((precision, i) =>
      createOurNet(devices[i]!, half, picture, { precision }),
    );
    rows.push(
      ...netRowsOf(
        await measureNets({ webgl: createCeilingProbes(device.gl) }, half, nets, { minRounds: quick ? 1 : 5 }),
      ),
    );
    for (const own of devices) own.dispose();
    console.error(`measured ${half}`);
  }
  return { text: formatNets(rows), rows, picture: chartNets(rows, circumstances) };
}

/**
 * Two rounds at least, after the first run; more for five minutes, since one may take longer than that on a busy
 * machine.
 */
async function measureHalfInBrowser(half: Half, { circumstances, quick }: Setting): Promise<Measured> {
  const result = await measureInBrowser(half, { minRounds: quick ? 1 : 2, moreSeconds: quick ? 0 : 300 });
  const inBrowser = { ...circumstances, renderer: result.renderer };
  const rows = netRowsOf(result);
  return {
    text: `${result.renderer}\n${formatNets(rows)}`,
    rows,
    picture: chartNets(rows, inBrowser),
    renderer: result.renderer,
  };
}

async function measureSizesSuite({ device, circumstances, quick }: Setting): Promise<Measured> {
  const results: SizeResult[] = [];
  for (const net of sizedNets) {
    results.push(...(await measureSizes(device, net, quick ? { minRounds: 1 } : {})));
    console.error(`measured ${net.name}`);
  }
  const rows = sizeRowsOf(results);
  return { text: formatSizes(rows), rows, picture: plotSizes(rows, circumstances) };
}

/** A net's programs and weights on WebGL in this process, then cold processes on each device, and the package. */
async function measureStartUpSuite({ device, cpu, threads, circumstances, quick }: Setting): Promise<Measured> {
  const rows = startUpRowsOf(await measureStartUp(device, quick ? 1 : 5));
  console.error('measured programs and weights');
  const devices = [...(cpu ? ['cpu'] : []), 'egl'];
  const cold = coldRowsOf(await measureColdStarts({ devices, threads, minRounds: quick ? 1 : 5 }));
  const size = await measurePackage();
  return {
    text: [formatStartUp(rows), formatColdStarts(cold), formatPackage(size)].join('\n\n'),
    rows: [...rows, ...cold, { what: 'package', ...size }],
    picture: addColdStarts(chartStartUp(rows, circumstances), cold),
  };
}

/** In Node and in Chromium; no device has a part in it. */
async function measureHashSuite({ circumstances, quick }: Setting): Promise<Measured> {
  const options = quick ? { minRounds: 1, moreSeconds: 0 } : { minRounds: 3, moreSeconds: 30 };
  const inNode = await measureHashInNode(options);
  const { renderer, costs } = await measureHashInBrowser(options);
  const rows = hashRowsOf([...inNode, ...costs]);
  const where = { ...circumstances, renderer };
  return { text: `${renderer}\n${formatHashes(rows)}`, rows, picture: chartHashes(rows, where), renderer };
}

/** The emoji model's whole pictures; of the large one a few tokens here and there, which take as long as any. */
async function measureTransformerSuite(setting: Setting): Promise<Measured> {
  const { device, circumstances, quick } = setting;
  const emoji = { drawn: await readEmojiModel(), checkedTokens: 256, windowTokens: 16, wholePictures: !quick };
  const tasks = [emoji];
  if (!quick) {
    const drawn = makeRandomModel('paper-100m', PAPER_SHAPED);
    tasks.push({ drawn, checkedTokens: 8, windowTokens: 4, wholePictures: false });
  }
  const beginnings: TransformerBeginning[] = [];
  const rows: TransformerRow[] = [];
  for (const { drawn, ...task } of tasks.filter(({ drawn: { name } }) => isWanted(setting, name))) {
    const places = imagePositions(drawn.architecture);
    for (const batch of [1, 8]) {
      const tfjs = await createTfjsPeer(device.gl);
      const engines = await listTransformers(drawn, tfjs, setting);
      const options = quick ? { minRounds: 3, moreSeconds: 0 } : {};
      const whole = { ...task, model: drawn.name, places, batch };
      const result = await measureTransformer(device.gl, engines, whole, options, {
        stream: await createStreamProbe(setting.threads),
      });
      beginnings.push(...result.beginnings);
      rows.push(...transformerRowsOf(result));
      tfjs.dispose();
      const title = `${drawn.name} ×${batch}, draw by draw`;
      const middle = Math.floor(places / 2);
      console.log(formatProfile(title, await profileStep(device, drawn, { batch, place: middle, runs: 9 })), '\n');
      console.error(`measured ${drawn.name} ×${batch}`);
    }
  }
  const stored = [...beginnings, ...rows];
  return {
    text: `${formatBeginnings(beginnings)}\n\n${formatTransformers(rows)}`,
    rows: stored,
    picture: chartTransformers(rows, circumstances),
  };
}

/** Ours first: on the CPU where there is such a device, with weights in fp32 and in halves, then on WebGL. */
async function listTransformers(
  model: TransformerModel,
  tfjs: TfjsPeer,
  { device, cpu, threads }: Setting,
): Promise<TransformerEngine[]> {
  await import('./peers/tfjs-wasm.ts');
  const onCpu: TransformerEngine[] = cpu
    ? [
        { create: async (batch) => createOurTransformer(cpu, model, batch, threads) },
        { create: async (batch) => createOurTransformer(cpu, halveModel(model), batch, threads) },
      ]
    : [];
  return [
    ...onCpu,
    { create: async (batch) => createOurTransformer(device, model, batch) },
    { create: (batch) => createTfjsTransformer(tfjs, model, batch) },
    { create: (batch) => createTfjsTransformer(tfjs, model, batch, 'wasm') },
  ];
}

/** What min-dalle mini takes, beside its own classes. */
async function measureRelativesSuite(setting: Setting): Promise<Measured> {
  const { circumstances, quick } = setting;
  const options = quick ? { minRounds: 3, moreSeconds: 0 } : {};
  const beginnings: TransformerBeginning[] = [];
  const rows: TransformerRow[] = [];
  for (const candidates of [1, 9].filter((count) => isWanted(setting, `tokens ×${count}`))) {
    const result = await measureMiniTokens(setting, candidates, options, tellMissing);
    beginnings.push(...result.beginnings);
    rows.push(...transformerRowsOf(result));
    console.error(`measured tokens ×${candidates}`);
  }
  const nets = isWanted(setting, 'decode') ? netRowsOf(await measureMiniDecode(setting, options, tellMissing)) : [];
  return {
    text: `${formatBeginnings(beginnings)}\n\n${formatTransformers(rows)}\n\n${formatNets(nets)}`,
    rows: [...beginnings, ...rows, ...nets],
    picture: chartTransformers(rows, circumstances),
  };
}

/** Ours alone, on the CPU: no peer tells where its time goes. */
async function measureProfileSuite(setting: Setting): Promise<Measured> {
  const { cpu, circumstances, quick } = setting;
  if (!cpu) throw new Error('profile: there is no dalle-gl on the CPU here.');
  const groups: StepGroup[] = [];
  for (const { name, make } of profiledNets.filter((net) => isWanted(setting, net.name))) {
    const net = await make(cpu);
    groups.push(...(await measureProfile(net, quick ? 2 : 9)));
    net.dispose();
    console.error(`measured ${name}`);
  }
  const where = { ...circumstances, renderer: cpu.description };
  return {
    text: `${cpu.description}\n${formatProfiles(groups)}`,
    rows: groups,
    picture: chartProfiles(groups, where),
    renderer: cpu.description,
  };
}

/** A step of training, of each task against those who can train it. */
async function measureTrainingSuite(setting: Setting): Promise<Measured> {
  const { device, circumstances, quick } = setting;
  const rows: NetRow[] = [];
  for (const bench of trainingTasks.filter(({ name }) => isWanted(setting, name))) {
    const tfjs = await createTfjsPeer(device.gl);
    const makers = listTrainings(bench, tfjs, setting).filter((maker) => takesPart(setting, maker));
    const options = quick ? { minRounds: 1 } : {};
    rows.push(...netRowsOf(await measureTraining({}, bench, makers, options, tellMissing)));
    tfjs.dispose();
    console.error(`measured ${bench.name}`);
  }
  return { text: formatNets(rows), rows, picture: chartNets(rows, circumstances) };
}

/** Every suite by its name, in the order they are told. */
export const suites: readonly Suite[] = [
  { name: 'kernels', measure: measureKernelsSuite },
  { name: 'dvae', measure: measureDvaeSuite },
  { name: 'precision', measure: measurePrecisionSuite },
  { name: 'browser-encode', measure: (setting) => measureHalfInBrowser('encode', setting) },
  { name: 'browser-decode', measure: (setting) => measureHalfInBrowser('decode', setting) },
  { name: 'sizes', measure: measureSizesSuite },
  { name: 'start-up', measure: measureStartUpSuite },
  { name: 'hash', measure: measureHashSuite },
  { name: 'transformer', measure: measureTransformerSuite },
  { name: 'relatives', measure: measureRelativesSuite },
  { name: 'training', measure: measureTrainingSuite },
  { name: 'profile', measure: measureProfileSuite },
];
