/**
 * `npm run test:kills`: kills `convert`, `convert --force`, `export --force` and `generate -o` over existing files at
 * every system call that names a file of the folder they write to (traced-run.mjs; needs strace). After each kill every
 * file is old or new and whole, a model opens and is the old or the new one, and the same command then succeeds and
 * leaves nothing else. Takes some ten minutes; no part of `npm test`.
 *
 * `npm run test:kills -- export` runs those whose name has the word.
 */
import { createHash } from 'node:crypto';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { openModelFolder } from '../../dist/weights-convert/node/open-model-folder.js';
import { describePoint, killAt, listPoints, run } from './traced-run.mjs';

const root = fileURLToPath(new URL('../..', import.meta.url));
const encoder = join(root, 'test/golden/hidden-4/encoder.zip.channels-last.pkl');
const decoder = join(root, 'test/golden/hidden-4/decoder.legacy.channels-last.pkl');
const model = join(root, 'models/emoji');
const scratch = mkdtempSync(join(tmpdir(), 'dalle-gl-kills-'));
process.env.DALLE_GL_CACHE = join(scratch, 'cache');

/** What is there before, and what is killed; a model is looked at as one. */
const scenarios = [
  {
    name: 'convert into a new folder',
    isModel: true,
    before: [],
    killed: (out) => ['convert', encoder, decoder, '-o', out, '--quiet'],
  },
  {
    name: 'convert --force',
    isModel: true,
    before: [(out) => ['convert', encoder, decoder, '-o', out, '--quiet']],
    killed: (out) => ['convert', encoder, '-o', out, '--force', '--shard', '40kB', '--dtype', 'f16', '--quiet'],
  },
  {
    name: 'export --force',
    before: [
      (out) => ['convert', encoder, decoder, '-o', `${out}-model`, '--quiet'],
      (out) => ['export', `${out}-model`, '-o', out, '--quiet'],
    ],
    killed: (out) => ['export', model, '-o', out, '--force', '--quiet'],
  },
  {
    name: 'generate -o',
    before: [(out) => ['generate', 'blue butterfly', '-n', '1', '--seed', '2', '-o', join(out, 'h.png'), '--quiet']],
    killed: (out) => ['generate', 'red heart', '-n', '1', '--seed', '1', '-o', join(out, 'h.png'), '--quiet'],
  },
];

const say = (line) => process.stdout.write(`${line}\n`);

/** The files of a folder with their SHA-256; those of a killed process are left out. */
function hashFolder(folder) {
  const names = existsSync(folder) ? readdirSync(folder).filter((name) => !name.startsWith('.dalle-gl-')) : [];
  const hash = (name) =>
    createHash('sha256')
      .update(readFileSync(join(folder, name)))
      .digest('hex');
  return Object.fromEntries(names.sort().map((name) => [name, hash(name)]));
}

const isSame = (a, b) => JSON.stringify(a) === JSON.stringify(b);

/** What is wrong with a folder after a kill; undefined if nothing. */
async function findFault(out, old, made, isModel) {
  const found = hashFolder(out);
  for (const [name, hash] of Object.entries(found)) {
    if (hash !== old[name] && hash !== made[name]) return `${name} is neither old nor new`;
  }
  const lost = Object.keys(old).find((name) => !isModel && found[name] === undefined);
  if (lost !== undefined) return `${lost} is lost`;
  if (!isModel) return undefined;
  if (found['model.json'] === undefined) return old['model.json'] === undefined ? undefined : 'there is no model';
  const [whole] = [old, made].filter((one) => one['model.json'] === found['model.json']);
  const missing = Object.keys(whole).find((name) => found[name] !== whole[name]);
  if (missing !== undefined) return `${missing} is missing in the model`;
  return openModelFolder(out).then(
    (opened) => opened.close(),
    (error) => `it does not open: ${error.message}`,
  );
}

async function tryScenario({ name, before, killed, isModel = false }) {
  const place = join(scratch, name.replace(/\W+/g, '-'));
  const [old, out, log] = [`${place}-old`, `${place}-out`, `${place}-log`];
  for (const words of before) {
    const { code, said } = await run({ list: words(old) });
    if (code !== 0) throw new Error(said);
  }
  const prepare = () => {
    rmSync(out, { recursive: true, force: true });
    if (before.length > 0) cpSync(old, out, { recursive: true });
  };
  const words = { list: killed(out), prepare };
  // Once unwatched: what it keeps in the cache is there from now on, and shifts nothing.
  prepare();
  await run(words);
  prepare();
  const points = await listPoints(words, out, log);
  const [oldHashes, made] = [hashFolder(old), hashFolder(out)];
  const faults = [];
  const missed = [];
  for (const point of points) {
    prepare();
    if (!(await killAt(words, point, log))) missed.push(describePoint(point, out));
    const fault = (await findFault(out, oldHashes, made, isModel)) ?? (await rerun(words, out, made, isModel));
    if (fault !== undefined) faults.push(`${name}, at ${describePoint(point, out)}: ${fault}`);
  }
  const met = points.length - missed.length;
  say(`${name}: killed at ${met} of ${points.length} calls that name a file of the folder, ${faults.length} faults`);
  for (const point of missed) say(`  not met: ${point}`);
  for (const fault of faults) say(`  ${fault}`);
  return faults.length === 0 && missed.length === 0;
}

async function rerun(words, out, made, isModel) {
  const isDone = isModel && isSame(hashFolder(out), made);
  const { code, said } = await run(words);
  // A whole model that is there already is not replaced without being asked.
  const isRefused = isDone && !words.list.includes('--force') && said.includes('E_OUTPUT_EXISTS');
  if (code !== 0 && !isRefused) return `the next run fails: ${said}`;
  if (!isSame(hashFolder(out), made)) return 'the next run gives other files';
  const left = readdirSync(out).filter((name) => made[name] === undefined);
  return left.length > 0 ? `the next run leaves ${left.join(', ')}` : undefined;
}

mkdirSync(process.env.DALLE_GL_CACHE);
const wanted = process.argv[2] ?? '';
const results = [];
try {
  for (const scenario of scenarios.filter(({ name }) => name.includes(wanted)))
    results.push(await tryScenario(scenario));
} finally {
  rmSync(scratch, { recursive: true, force: true });
}
process.exitCode = results.length > 0 && results.every(Boolean) ? 0 : 1;
