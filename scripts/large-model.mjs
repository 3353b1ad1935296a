/**
 * `npm run test:large`: a transformer of 227 million random halves, read from a model folder and drawn with on each
 * device, in a process of its own. What was resident at most has to stay below 1.5 times its weights as halves and
 * 500 MB: halves stay halves, and no second copy of all of them is made. Prints how long loading took too.
 *
 * `-- --depth 24 --dim 2048` is a model of ruDALL-E's size (2.6 GB), `--device cpu` leaves the other device out.
 */
import { spawnSync } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

const { values } = parseArgs({
  options: {
    depth: { type: 'string', default: '14' },
    dim: { type: 'string', default: '1024' },
    device: { type: 'string' },
    /** Of the process that is measured: the model's folder. */
    measure: { type: 'string' },
  },
});

const load = (path) => import(new URL(`../dist/${path}`, import.meta.url));
const sizeOf = (shape) => shape.reduce((product, size) => product * size, 1);

/** Writes the folder; gives how many bytes its weights have. */
async function writeModel(folder, depth, dim) {
  const { configurations } = await load('nets/transformer/configurations.js');
  const { expectedTransformerTensors } = await load('nets/transformer/tensors.js');
  const base = configurations['rudalle-malevich'];
  const attention = base.attention.slice(0, depth);
  const architecture = { ...base, depth, dim, heads: dim / base.head_size, mlp_size: 4 * dim, attention };
  const entries = { __metadata__: { format: 'pt' } };
  let bytes = 0;
  for (const [name, shape] of [...expectedTransformerTensors(architecture)].sort(([a], [b]) => (a < b ? -1 : 1))) {
    entries[name] = { dtype: 'F16', shape, data_offsets: [bytes, (bytes += 2 * sizeOf(shape))] };
  }
  const json = JSON.stringify(entries);
  const header = Buffer.alloc(8 + 8 * Math.ceil(json.length / 8), ' ');
  header.writeBigUInt64LE(BigInt(header.length - 8));
  header.write(json, 8);
  const file = openSync(join(folder, 'transformer.safetensors'), 'w');
  writeSync(file, header);
  // Of the size that weights have, both signs.
  const block = Uint16Array.from({ length: 2 ** 22 }, (_, i) => {
    const random = Math.imul(i + 1, 2654435761) >>> 8;
    return ((random & 1) << 15) | (0x1c00 + ((random >> 1) & 0x7ff));
  });
  const raw = new Uint8Array(block.buffer);
  for (let left = bytes; left > 0; left -= raw.length) writeSync(file, raw.subarray(0, Math.min(left, raw.length)));
  closeSync(file);
  const source = { name: 'made up', bytes: 0, sha256: '', official: false, note: 'made up' };
  const files = [{ name: 'transformer.safetensors', bytes: header.length + bytes, sha256: '0'.repeat(64) }];
  const parts = { transformer: { architecture, dtype: 'f16', files, source } };
  writeFileSync(join(folder, 'model.json'), JSON.stringify({ kind: 'dalle-gl-model', formatVersion: 1, parts }));
  return bytes;
}

/** Draws two tokens, and prints what that took. */
async function measureModel(folder, name) {
  const { open } = await load('node.js');
  const { openModelFolder } = await load('weights-convert/node/open-model-folder.js');
  const { Transformer } = await load('nets/transformer/transformer.js');
  const device = await open({ device: name });
  const { transformer: weights } = await openModelFolder(folder, undefined, { verify: false });
  const net = new Transformer(weights, { device });
  const started = performance.now();
  const used = process.cpuUsage();
  const { text_length: words, start_token: starts } = net.architecture;
  const decoding = await net.begin(new Int32Array(words + (starts ? 1 : 0)), 1);
  const { user, system } = process.cpuUsage(used);
  const first = (performance.now() - started) / 1000;
  const before = performance.now();
  await decoding.step(Int32Array.of(5));
  await decoding.step(Int32Array.of(6));
  const step = (performance.now() - before) / 2000;
  const [, peak] = /VmHWM:\s+(\d+) kB/.exec(readFileSync('/proc/self/status', 'utf8'));
  console.log(JSON.stringify({ peak: 1024 * Number(peak), first, cpu: (user + system) / 1e6, step }));
  await net.dispose();
  device.dispose();
  process.exit(0);
}

async function main() {
  const folder = mkdtempSync(join(tmpdir(), 'dalle-gl-large-'));
  try {
    const bytes = await writeModel(folder, Number(values.depth), Number(values.dim));
    const allowed = 1.5 * bytes + 500e6;
    console.log(`${(bytes / 2e6).toFixed(0)} million halves, ${inMB(bytes)}; allowed ${inMB(allowed)}`);
    for (const device of values.device ? [values.device] : ['cpu', 'webgl']) {
      const words = [fileURLToPath(import.meta.url), '--measure', folder, '--device', device];
      const { status, stdout, stderr } = spawnSync(process.execPath, words, { encoding: 'utf8' });
      if (status !== 0) throw new Error(`${device}: ${stderr}`);
      const { peak, first, cpu, step } = JSON.parse(stdout);
      const seconds = `${first.toFixed(1)} s to the first token (${cpu.toFixed(1)} s of processors), ${step.toFixed(2)} s a token`;
      console.log(`${device}: ${inMB(peak)} resident at most, ${seconds}`);
      if (peak > allowed) process.exitCode = 1;
    }
    console.log(process.exitCode ? 'Too much.' : 'As it should be.');
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function inMB(bytes) {
  return `${(bytes / 1e6).toFixed(0)} MB`;
}

if (values.measure) await measureModel(values.measure, values.device);
else await main();
