/**
 * SIGKILL while `convert` writes: at every one of its last changes to the disk, at some before, and at random times.
 * What then lies in the folder is the old model or the new one, never a mixture, and no model only where there was
 * none; no file under its final name is less than whole; and the next run gives the bytes that an undisturbed one
 * gives, and removes what was left.
 */
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, describe, expect, test } from 'vitest';
import { packageRoot } from '../../base/node/package-files.ts';
import { createRandom } from '../helpers/random.ts';

const encoder = join(packageRoot, 'test/golden/hidden-4/encoder.zip.channels-last.pkl');
const decoder = join(packageRoot, 'test/golden/hidden-4/decoder.legacy.channels-last.pkl');
const killer = pathToFileURL(join(packageRoot, 'test/hostile/kill-at.mjs')).href;
/** More than there are files to rename and to remove. */
const LAST_CHANGES = 9;
const scratch = mkdtempSync(join(tmpdir(), 'dalle-gl-killed-'));
afterAll(() => rmSync(scratch, { recursive: true }));

interface Run {
  /** Which change to die at. */
  readonly killAt?: number;
  /** Where to write how many changes there were. */
  readonly count?: string;
  /** Milliseconds after which to kill it from outside. */
  readonly killAfter?: number;
}

/** Runs the built `convert`; gives the signal that ended it, or null. */
function convert(words: readonly string[], { killAt, count, killAfter }: Run = {}): Promise<NodeJS.Signals | null> {
  const env = {
    ...process.env,
    ...(killAt !== undefined && { KILL_AT: String(killAt) }),
    ...(count !== undefined && { KILL_COUNT: count }),
  };
  const args = ['--import', killer, join(packageRoot, 'dist/cli/main.js'), 'convert', ...words];
  return new Promise((resolve) => {
    const child = execFile(process.execPath, args, { env }, () => resolve(child.signalCode));
    if (killAfter !== undefined) setTimeout(() => child.kill('SIGKILL'), killAfter);
  });
}

type Hashes = Readonly<Record<string, string>>;

/** The files that have their final names, with their SHA-256. */
function hashFolder(folder: string): Hashes {
  const names = existsSync(folder) ? readdirSync(folder).filter((name) => !name.startsWith('.dalle-gl-')) : [];
  const hash = (name: string): string =>
    createHash('sha256')
      .update(readFileSync(join(folder, name)))
      .digest('hex');
  return Object.fromEntries(names.sort().map((name) => [name, hash(name)]));
}

/**
 * Throws unless a killed run left the old model or the new one, whole, or whole files of a new one without a manifest
 * where there was none before. Files of the other one may lie beside it.
 */
function expectWhole(found: Hashes, old: Hashes, made: Hashes): void {
  const model = [old, made].find((one) => one['model.json'] === found['model.json']);
  if (old['model.json'] !== undefined || found['model.json'] !== undefined) expect(model).toBeDefined();
  expect(found).toMatchObject(model ?? {});
  for (const [name, hash] of Object.entries(found)) expect([old[name], made[name]], name).toContain(hash);
}

/** The renames that make a model are the last changes; before them come hundreds of writes, all alike. */
function choosePoints(changes: number): readonly number[] {
  const random = createRandom(changes);
  const last = Array.from({ length: LAST_CHANGES }, (_, index) => changes - LAST_CHANGES + index);
  return [0, ...random.integers(2, 1, changes - LAST_CHANGES - 1), ...last];
}

describe.each<[string, readonly string[], readonly string[] | undefined]>([
  ['into a new folder', [encoder, decoder], undefined],
  ['in shards', [encoder, '--shard', '40kB'], undefined],
  ['in shards, over a whole model', [encoder, '--shard', '40kB', '--force'], [encoder, decoder]],
  ['whole, over one in shards', [encoder, '--force', '--dtype', 'f16'], [encoder, '--shard', '40kB']],
])('killed while it writes %s', (name, words, before) => {
  const place = join(scratch, name.replace(/\W+/g, '-'));
  const [old, made] = [`${place}-old`, `${place}-made`];

  /** A folder as it was before the run. */
  function prepare(out: string): string {
    rmSync(out, { recursive: true, force: true });
    if (before) cpSync(old, out, { recursive: true });
    return out;
  }

  test('at changes to the disk', async () => {
    if (before) await convert([...before, '-o', old]);
    await convert([...words, '-o', prepare(made)], { count: `${place}-count` });
    const changes = Number(readFileSync(`${place}-count`, 'utf8'));
    const [oldHashes, madeHashes] = [hashFolder(old), hashFolder(made)];
    expect(madeHashes['model.json']).toBeDefined();
    const seen = new Set<string>();
    for (const killAt of choosePoints(changes)) {
      const out = prepare(`${place}-out`);
      expect(await convert([...words, '-o', out], { killAt }), `at ${killAt} of ${changes}`).toBe('SIGKILL');
      const found = hashFolder(out);
      expectWhole(found, oldHashes, madeHashes);
      seen.add(found['model.json'] ?? 'none');
    }
    expect(seen).toContain(before ? oldHashes['model.json'] : 'none');
    await convert([...words, '--force', '-o', `${place}-out`]);
    expect(hashFolder(`${place}-out`)).toEqual(madeHashes);
    expect(readdirSync(`${place}-out`).sort()).toEqual(Object.keys(madeHashes));
  }, 240_000);

  test('at random times', async () => {
    const [oldHashes, madeHashes] = [hashFolder(old), hashFolder(made)];
    const random = createRandom(20261123);
    for (let run = 0; run < 3; run++) {
      const out = prepare(`${place}-out`);
      await convert([...words, '-o', out], { killAfter: 100 + 900 * random.uniform() });
      expectWhole(hashFolder(out), oldHashes, madeHashes);
    }
  });
});
