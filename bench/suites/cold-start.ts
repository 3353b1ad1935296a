/**
 * Processes that begin from nothing, on each device in turns: until a device has computed a first product, and
 * `dalle-gl reconstruct` from the command to the picture, with weights of the official size. They run the built command
 * (`npm run build`), whose caches of hashes and kernels a first run outside the rounds has filled.
 */
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { gzipSync } from 'node:zlib';
import { OFFICIAL_DECODER, OFFICIAL_ENCODER } from '../../nets/dvae/architecture.ts';
import { writeModelFolder } from '../../weights-convert/node/write-model-folder.ts';
import { makeWeights } from '../generated-weights.ts';
import { interleave } from '../harness.ts';
import type { HarnessOptions, Times } from '../harness.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const command = `${root}dist/cli/main.js`;
/** 256×256. */
const photograph = `${root}test/golden/official-size/reconstruction.png`;
const runFile = promisify(execFile);

export interface ColdStart {
  readonly what: 'device ready' | 'reconstruct';
  /** By the devices that were asked for. */
  readonly times: readonly Times[];
}

interface ColdOptions extends HarnessOptions {
  readonly devices: readonly string[];
  readonly threads: number;
  /** The model in the package in the place of the official size, to see that it works. */
  readonly isSmall?: boolean;
}

/** @throws Error where the package was not built, or a process fails */
export async function measureColdStarts({ devices, threads, isSmall, ...options }: ColdOptions): Promise<ColdStart[]> {
  if (!existsSync(command)) throw new Error('measureColdStarts: the package is not built yet. npm run build');
  const scratch = await mkdtemp(join(tmpdir(), 'dalle-gl-bench-cold-'));
  try {
    const model = join(scratch, 'model');
    if (!isSmall) await writeOfficialSize(model);
    const env = environment(scratch);
    const start = async (given: readonly string[]): Promise<string> =>
      (await runFile(process.execPath, given, { cwd: root, env })).stdout;
    const rounds = { warmups: 1, minRounds: 5, moreSeconds: 0, ...options };
    const reconstruct = (device: string): Promise<unknown> => {
      const where = ['--device', device, ...(device === 'cpu' ? ['--threads', String(threads)] : [])];
      const files = ['--output', join(scratch, `${device}.png`), ...(isSmall ? [] : ['--model', model])];
      return start([command, 'reconstruct', photograph, ...where, ...files, '--quiet']);
    };
    return [
      await measureReady(devices, (name) => start(['bench/cold-open.mjs', name, String(threads)]), rounds),
      {
        what: 'reconstruct',
        times: await interleave(
          devices.map((device) => ({
            name: device,
            elsewhere: true,
            run: async () => (await reconstruct(device), []),
            dispose() {},
          })),
          rounds,
        ),
      },
    ];
  } finally {
    await rm(scratch, { recursive: true });
  }
}

/** The times are those that the processes print: loading Node and the library is not in them. */
async function measureReady(
  devices: readonly string[],
  open: (device: string) => Promise<string>,
  options: HarnessOptions & { readonly warmups: number },
): Promise<ColdStart> {
  const walls = devices.map((): number[] => []);
  await interleave(
    devices.map((name, index) => ({
      name,
      elsewhere: true,
      run: async () => (walls[index]!.push(Number(await open(name))), []),
      dispose() {},
    })),
    options,
  );
  return {
    what: 'device ready',
    times: devices.map((name, index) => ({ name, wall: walls[index]!.slice(options.warmups), cpu: [] })),
  };
}

/** Mesa's own cache of shaders is on, as users have it; main.ts turned it off for what is compiled in this process. */
function environment(scratch: string): NodeJS.ProcessEnv {
  const env: NodeJS.ProcessEnv = {
    ...process.env,
    DALLE_GL_CACHE: join(scratch, 'cache'),
    MESA_SHADER_CACHE_DIR: join(scratch, 'shaders'),
  };
  delete env['MESA_SHADER_CACHE_DISABLE'];
  return env;
}

async function writeOfficialSize(out: string): Promise<void> {
  const source = { name: 'generated', bytes: 0, sha256: '0'.repeat(64), official: false, note: 'generated' };
  const parts = [OFFICIAL_ENCODER, OFFICIAL_DECODER].map((architecture) => ({
    weights: makeWeights(architecture),
    source,
  }));
  await writeModelFolder({ out, parts, dtype: 'f32', force: false });
}

/** Bytes. */
export interface PackageSize {
  readonly packed: number;
  readonly unpacked: number;
  /** Of what is there for the CPU device alone: `cpu/` folders and WebAssembly. */
  readonly cpu: { readonly files: number; readonly packed: number; readonly unpacked: number };
}

/** What `npm pack` would make of this checkout; of single files, each compressed by itself: a little too much. */
export async function measurePackage(): Promise<PackageSize> {
  const { stdout } = await runFile('npm', ['pack', '--dry-run', '--json', '--ignore-scripts'], {
    cwd: root,
    maxBuffer: 2 ** 26,
  });
  const [pack] = Object.values(JSON.parse(stdout) as Record<string, Packed>);
  const { size, unpackedSize, files } = pack!;
  const own = files.filter(({ path }) => /(^|\/)cpu\/|\.wasm$/.test(path));
  const packed = await Promise.all(own.map(async ({ path }) => gzipSync(await readFile(root + path)).length));
  const sum = (numbers: readonly number[]): number => numbers.reduce((total, number) => total + number, 0);
  return {
    packed: size,
    unpacked: unpackedSize,
    cpu: { files: own.length, packed: sum(packed), unpacked: sum(own.map((file) => file.size)) },
  };
}

interface Packed {
  readonly size: number;
  readonly unpackedSize: number;
  readonly files: readonly { readonly path: string; readonly size: number }[];
}
