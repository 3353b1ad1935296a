/**
 * The hostile corpus against the built converter: for each file the exit code, the error's code, nothing written, no
 * buffer larger than the file itself, and a bound on resident memory. Small files share a process, so their bound holds
 * for all of them together; a large one has a process to itself.
 */
import { existsSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { attacks } from './attacks.ts';
import { convertBuilt, type Conversion } from './built-converter.ts';
import { mistakenFiles } from './mistaken-files.ts';

const MEGABYTE = 2 ** 20;
const SMALL = 64 * 1024;
/** What the program itself asks for before it looks at a file. */
const OWN_BUFFER = MEGABYTE;
/** Resident memory that small files may add to that of a program which opened an empty one. */
const SMALL_GROWTH = 64 * MEGABYTE;
/** Resident memory whatever the file. */
const LARGE_PEAK = 512 * MEGABYTE;

const folder = mkdtempSync(join(tmpdir(), 'dalle-gl-hostile-'));
const outputs = join(folder, 'outputs');

const corpus = [
  ...mistakenFiles.map(([code, name, text]) => ({ code, name, make: () => Buffer.from(text, 'latin1') })),
  ...attacks,
].map((attack, index) => ({ ...attack, file: join(folder, `${index}.pkl`) }));
const large: Conversion[] = [];
let small: readonly Conversion[];

beforeAll(async () => {
  for (const { file, make } of corpus) writeFileSync(file, make());
  const isSmall = ({ file }: { file: string }): boolean => statSync(file).size <= SMALL;
  const paths = (some: typeof corpus): string[] => some.map(({ file }) => file);
  // The first is empty: memory is counted from there.
  small = await convertBuilt(paths(corpus.filter(isSmall)), outputs);
  for (const file of paths(corpus.filter((attack) => !isSmall(attack)))) {
    large.push(...(await convertBuilt([file], outputs)));
  }
}, 240_000);
afterAll(() => rmSync(folder, { recursive: true }));

describe('the built converter refuses', () => {
  test.each(corpus.map(({ code, name, file }) => [code, name, file] as const))('%s: %s', (code, _, file) => {
    const { exitCode, inspectCode, said, largestBuffer } = [...small, ...large].find((run) => run.file === file)!;
    // `convert` unpacks archives, and says of a broken one what is wrong with it; other readers do not know them.
    const wanted = code === 'E_FORMAT_UNKNOWN' ? 'E_FORMAT_UNKNOWN|E_ARCHIVE' : code;
    expect(said).toMatch(new RegExp(`^dalle-gl: .+ \\((?:${wanted})\\)\n$`));
    const isGadget = code === 'E_PICKLE_EXEC_ATTEMPT';
    expect(exitCode).toBe(isGadget ? 3 : 1);
    const isUnknown = code === 'E_PICKLE_UNKNOWN_CALL';
    expect(isGadget ? [3] : isUnknown ? [4] : [0, 1]).toContain(inspectCode);
    expect(largestBuffer).toBeLessThanOrEqual(Math.max(OWN_BUFFER, statSync(file).size));
  });
});

test('nothing was written, nothing was run', () => {
  expect(existsSync(outputs)).toBe(false);
  expect(readdirSync(folder).sort()).toEqual(corpus.map((_, index) => `${index}.pkl`).sort());
  expect(existsSync('/tmp/dalle-gl-was-here')).toBe(false);
});

test('all small files together stay within 64 MB of memory, and no large one takes 512', () => {
  const growth = small.at(-1)!.peak - small[0]!.peak;
  const worst = Math.max(...large.map(({ peak }) => peak));
  const buffer = Math.max(...small.map(({ largestBuffer }) => largestBuffer));
  const inMegabytes = (bytes: number): string => (bytes / MEGABYTE).toFixed(1);
  const [of, and, most, one] = [corpus.length, large.length, inMegabytes(worst), inMegabytes(growth)];
  process.stdout.write(
    `${of} hostile files: ${of - and} of at most 64 kB added ${one} MB of memory, largest buffer ${buffer} bytes; ` +
      `${and} larger ones peaked at ${most} MB\n`,
  );
  expect(growth).toBeLessThanOrEqual(SMALL_GROWTH);
  expect(worst).toBeLessThanOrEqual(LARGE_PEAK);
});
