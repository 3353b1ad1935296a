/**
 * What it costs to compare a model with the SHA-256 in its `model.json`: opening it and reading all its weights, with
 * and without, the first time and later. In Node from the disk, in Chromium from a server on this machine. Models are
 * generated into a temporary folder, and removed.
 */
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { createReadStream, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import type { Connect } from 'vite';
import { OFFICIAL_ENCODER, type EncoderArchitecture } from '../../nets/dvae/architecture.ts';
import { expectedTensors } from '../../nets/dvae/tensors.ts';
import { openModelFolder } from '../../weights-convert/node/open-model-folder.ts';
import { writeModelFolder } from '../../weights-convert/node/write-model-folder.ts';
import type { TensorData } from '../../nets/weights.ts';
import { openHashStage } from '../browser/open-hash-stage.ts';
import { interleave, type Contender, type HarnessOptions } from '../harness.ts';

/** Milliseconds of each round, by the clock and of all processes that had a part in it. */
export interface HashCost {
  readonly where: string;
  readonly what: string;
  readonly bytes: number;
  readonly wall: readonly number[];
  readonly cpu: readonly number[];
  /** The same without hashing, in the same rounds; undefined for that itself. */
  readonly bare?: Pick<HashCost, 'wall' | 'cpu'>;
}

/** What is run in turns; `isBare` where nothing is hashed. */
interface Road {
  readonly what: string;
  readonly isBare?: boolean;
  run(): Promise<void>;
}

/**
 * 1 GB. In the bench's page, Blobs of half of that could not be read back, for a reason not found: it gets the official
 * size.
 */
const LARGE: EncoderArchitecture = { ...OFFICIAL_ENCODER, n_hid: 608 };
/** Files that changed a moment ago are not remembered. */
const SETTLED_MS = 2100;

/** @param isSmall the smallest net, to see that it works */
export async function measureHashInNode(options: HarnessOptions, isSmall = false): Promise<HashCost[]> {
  return withFolder(async (scratch) => {
    const cache = process.env['DALLE_GL_CACHE'];
    process.env['DALLE_GL_CACHE'] = join(scratch, 'cache');
    try {
      const folder = join(scratch, 'model');
      const bytes = await writeModel(folder, isSmall ? shrink(LARGE) : LARGE);
      await wait(SETTLED_MS);
      const forget = (): Promise<void> => rm(join(scratch, 'cache', 'verified'), { recursive: true, force: true });
      const start = async (verify: boolean): Promise<void> =>
        readAll(await openModelFolder(folder, undefined, { verify }));
      const roads: Road[] = [
        { what: 'without', isBare: true, run: () => start(false) },
        { what: 'first', run: () => forget().then(() => start(true)) },
        // Of the record that the first start left.
        { what: 'later', run: () => start(true) },
      ];
      return await measureRoads('Node', bytes, roads, options, () => cpuOf(process.pid));
    } finally {
      if (cache === undefined) delete process.env['DALLE_GL_CACHE'];
      else process.env['DALLE_GL_CACHE'] = cache;
    }
  });
}

/** One file of the official size, and the same in shards, by `crypto.subtle` and without it. */
export async function measureHashInBrowser(
  options: HarnessOptions,
  isSmall = false,
): Promise<{ readonly renderer: string; readonly costs: HashCost[] }> {
  return withFolder(async (scratch) => {
    const architecture = isSmall ? shrink(OFFICIAL_ENCODER) : OFFICIAL_ENCODER;
    const bytes = await writeModel(join(scratch, 'whole'), architecture);
    await writeModel(join(scratch, 'shards'), architecture, 64e6);
    const stage = await openHashStage(serveFolder(scratch));
    try {
      const roads = (folder: string): Road[] => [
        { what: 'without', isBare: true, run: () => stage.open(`${folder}/`, { verify: false }) },
        { what: 'first', run: () => stage.open(`${folder}/`, {}) },
        { what: 'later', run: () => stage.open(`${folder}/?version=1`, {}) },
        { what: 'first, no crypto.subtle', run: () => stage.open(`${folder}/`, { subtle: false }) },
      ];
      const blobs: Road[] = [
        { what: 'a Blob that is read', isBare: true, run: () => stage.hashBlob(bytes, 'read') },
        { what: 'a Blob', run: () => stage.hashBlob(bytes, 'subtle') },
        { what: 'a Blob, no crypto.subtle', run: () => stage.hashBlob(bytes, 'plain') },
      ];
      // What no page can be quicker than: the browser's own code, on bytes that are there.
      const floor: Road[] = [
        { what: 'nothing', isBare: true, run: () => stage.digest(bytes, 'nothing') },
        { what: 'crypto.subtle alone', run: () => stage.digest(bytes, 'digest') },
      ];
      const cpu = (): Promise<number> => cpuOf(process.pid, true);
      return {
        renderer: stage.renderer,
        costs: [
          ...(await measureRoads('page, one file', bytes, roads('whole'), options, cpu)),
          ...(await measureRoads('page, shards of 64 MB', bytes, roads('shards'), options, cpu)),
          ...(await measureRoads('page, a Blob', bytes, blobs, options, cpu)),
          ...(await measureRoads('page, bytes in memory', bytes, floor, options, cpu)),
        ],
      };
    } finally {
      await stage.close();
    }
  });
}

async function measureRoads(
  where: string,
  bytes: number,
  roads: readonly Road[],
  options: HarnessOptions,
  cpuTime: () => Promise<number>,
): Promise<HashCost[]> {
  const cpus = roads.map((): number[] => []);
  const contenders = roads.map(({ what, run }, index): Contender => ({
    name: what,
    elsewhere: true,
    run: async () => {
      const before = await cpuTime();
      await run();
      cpus[index]!.push((await cpuTime()) - before);
      return [];
    },
    dispose: () => {},
  }));
  const warmups = 1;
  const times = await interleave(contenders, { ...options, warmups });
  const found = times.map(({ name, wall }, index) => ({
    where,
    what: name,
    bytes,
    wall,
    cpu: cpus[index]!.slice(warmups),
  }));
  const bare = found[roads.findIndex(({ isBare }) => isBare)]!;
  return found.map((cost) => (cost === bare ? cost : { ...cost, bare: { wall: bare.wall, cpu: bare.cpu } }));
}

/** Milliseconds of CPU of a process, and of those that it started; 0 where there is no /proc. */
async function cpuOf(root: number, children = false): Promise<number> {
  const names = await readdir('/proc').catch(() => []);
  const processes = new Map<number, { readonly parent: number; readonly ticks: number }>();
  for (const name of names.filter((one) => /^\d+$/.test(one))) {
    const stat = await readFile(`/proc/${name}/stat`, 'latin1').catch(() => undefined);
    const fields = stat?.slice(stat.lastIndexOf(')') + 2).split(' ');
    if (fields)
      processes.set(Number(name), { parent: Number(fields[1]), ticks: Number(fields[11]) + Number(fields[12]) });
  }
  const isOf = (id: number): boolean => {
    const own = processes.get(id);
    return id === root || (children && own !== undefined && isOf(own.parent));
  };
  const msPerTick = 10; // USER_HZ is 100 on every Linux
  return [...processes].reduce((sum, [id, { ticks }]) => sum + (isOf(id) ? ticks * msPerTick : 0), 0);
}

async function readAll(model: Awaited<ReturnType<typeof openModelFolder>>): Promise<void> {
  for (const tensor of model.encoder!.tensors.values()) await tensor.read();
  await model.close();
}

function shrink(architecture: EncoderArchitecture): EncoderArchitecture {
  return { ...architecture, n_hid: 16, vocab_size: 64 };
}

async function withFolder<Result>(work: (scratch: string) => Promise<Result>): Promise<Result> {
  const scratch = await mkdtemp(join(tmpdir(), 'dalle-gl-bench-hash-'));
  return work(scratch).finally(() => rm(scratch, { recursive: true }));
}

/** Numbers of no meaning, the same everywhere: what they are costs nothing. Returns the bytes of the files. */
async function writeModel(out: string, architecture: EncoderArchitecture, shardBytes?: number): Promise<number> {
  const tensors = [...expectedTensors(architecture)].map(([name, shape]): [string, TensorData] => {
    const length = shape.reduce((product, size) => product * size, 1);
    return [name, { shape, dtype: 'F32', read: async () => new Float32Array(length).fill(0.5) }];
  });
  const weights = {
    architecture,
    tensors: new Map(tensors),
    source: { name: 'generated', bytes: 0, container: 'safetensors' as const },
    close: async () => {},
  };
  const source = { name: 'generated', bytes: 0, sha256: '0'.repeat(64), official: false, note: 'generated' };
  const { parts } = await writeModelFolder({
    out,
    parts: [{ weights, source }],
    dtype: 'f32',
    force: false,
    ...(shardBytes !== undefined && { shardBytes }),
  });
  return parts.encoder!.files.reduce((sum, file) => sum + file.bytes, 0);
}

/** Files below a folder, of which those asked for by a version have an ETag. */
function serveFolder(root: string): Connect.NextHandleFunction {
  return (request, response) => {
    const { pathname, searchParams } = new URL(request.url!, 'http://localhost');
    const [, folder, name] = pathname.split('/');
    const path = join(root, basename(folder ?? ''), basename(name ?? ''));
    const version = searchParams.get('version');
    response.setHeader('cache-control', 'no-store');
    response.setHeader('content-length', statSync(path).size);
    if (version !== null) response.setHeader('etag', `"${version}"`);
    createReadStream(path, { highWaterMark: 2 ** 20 }).pipe(response);
  };
}
