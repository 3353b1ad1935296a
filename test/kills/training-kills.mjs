/**
 * `npm run test:training-kills`: trains a small dVAE once to the end, and once killed again and again by SIGKILL, at
 * random moments and, every other time, within the writing of a checkpoint; each time `--resume` goes on. In the end
 * both have the same weights, bit for bit, and the same model. `-- --kills 20 --seed 1` says how often, and by which
 * chance.
 */
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { encodePng } from '../../dist/images/node/png.js';
import { createPicture } from '../../dist/images/picture.js';
import { createRandom } from '../../dist/nets/sampling/random.js';

const { values } = parseArgs({
  options: { kills: { type: 'string', default: '20' }, seed: { type: 'string', default: '1' } },
});
const wanted = Number(values.kills);
const main = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url));
const scratch = mkdtempSync(join(tmpdir(), 'dalle-gl-training-kills-'));
process.env.DALLE_GL_CACHE = join(scratch, 'cache');
const random = createRandom(Number(values.seed));
const chance = () => random.uniform();
const say = (line) => process.stdout.write(`${line}\n`);

/** Pictures of random colours: what is learnt does not matter. */
function drawData(folder) {
  mkdirSync(folder);
  for (let number = 0; number < 24; number++) {
    const colour = Array.from({ length: 3 }, () => Math.floor(256 * chance()));
    writeFileSync(join(folder, `${number}.png`), encodePng(createPicture(16, 16, colour)));
  }
}

const steps = 40 * (wanted + 1);
const words = (out) => [
  ...[
    main,
    'train',
    'dvae',
    '--data',
    join(scratch, 'data'),
    '-o',
    out,
    '--quiet',
    '--device',
    'cpu',
    '--threads',
    '1',
  ],
  ...['--size', '16', '--hidden', '4', '--vocab', '16', '--batch', '4', '--steps', String(steps), '--no-calibrate'],
];
/** A checkpoint every few steps. */
const often = ['--checkpoint-minutes', '0.001', '--resume'];

/** Runs to the end, or until `kill` says that it is killed. Gives the exit code, null where it was killed. */
async function run(given, kill) {
  const child = spawn(process.execPath, given, { stdio: ['ignore', 'inherit', 'inherit'] });
  const ended = new Promise((resolve) => child.on('exit', (code) => resolve({ code })));
  if (kill) await Promise.race([ended, kill().then(() => child.kill('SIGKILL'))]);
  return (await ended).code;
}

/** The steps of its checkpoints, and whether one is being written. */
function look(out) {
  let names = [];
  try {
    names = readdirSync(join(out, 'checkpoints'));
  } catch {
    // It has not begun.
  }
  const steps = names.filter((name) => /^\d+$/.test(name)).map(Number);
  return { last: Math.max(-1, ...steps), isWriting: names.some((name) => name.endsWith('.tmp')) };
}

/** Waits until the run has come on by a checkpoint, and then for chance or for the next one to be begun. */
async function chooseMoment(out, within) {
  const before = look(out).last;
  while (look(out).last <= before) await sleep(1);
  await sleep(600 * chance());
  // Files of a checkpoint are written within some milliseconds: no sleeping here.
  while (within && !look(out).isWriting) await sleep(0);
  if (within) await sleep(3 * chance());
}

function hashModel(out) {
  const names = ['decoder.safetensors', 'encoder.safetensors', 'model.json'];
  const state = join(out, 'checkpoints', String(steps).padStart(8, '0'), 'state.safetensors');
  const files = [...names.map((name) => join(out, name)), state];
  return files.map((path) => createHash('sha256').update(readFileSync(path)).digest('hex')).join('\n');
}

try {
  drawData(join(scratch, 'data'));
  const [whole, killed] = [join(scratch, 'whole'), join(scratch, 'killed')];
  if ((await run(words(whole))) !== 0) throw new Error('the unbroken run failed');
  let [kills, within] = [0, 0];
  while (kills < wanted) {
    const isWithin = kills % 2 === 1;
    const code = await run([...words(killed), ...often], () => chooseMoment(killed, isWithin));
    if (code === 0) throw new Error(`the run ended after ${kills} kills: raise its steps`);
    if (code !== null) throw new Error(`the run failed with exit code ${code} after ${kills} kills`);
    kills += 1;
    const { last, isWriting } = look(killed);
    if (isWriting) within += 1;
    say(`kill ${kills} of ${wanted}: after step ${last}${isWriting ? ', within the writing of a checkpoint' : ''}`);
  }
  if ((await run([...words(killed), ...often])) !== 0) throw new Error('the run that was killed did not end');
  if (hashModel(whole) !== hashModel(killed)) throw new Error('the weights differ from those of the unbroken run');
  if (look(killed).isWriting) throw new Error('half a checkpoint was left');
  say(`${kills} kills, ${within} of them within the writing of a checkpoint: the same weights, bit for bit`);
} catch (error) {
  say(`FAILED with --seed ${values.seed}: ${error.message}; ${scratch} has what is left`);
  process.exit(1);
}
rmSync(scratch, { recursive: true });
