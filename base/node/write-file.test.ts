/** Output is whole or not there, whatever fails in the middle. */
import { existsSync, lstatSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readExpected } from '../../test/images/pictures.ts';
import { readPngText } from '../../images/png-text.ts';
import { loadImage } from '../../images/node/load.ts';
import { savePng } from '../../images/node/save.ts';
import { writeFileAtomically, writeOutput } from './write-file.ts';

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'dalle-gl-write-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

const hello = new TextEncoder().encode('hello');

function failure(code: string): unknown {
  return expect.objectContaining({ code });
}

/** Some bytes, then a disk without room. */
async function* fillDisk(): AsyncGenerator<Uint8Array> {
  yield hello;
  throw Object.assign(new Error('ENOSPC: no space left on device, write'), { code: 'ENOSPC' });
}

describe('writeFileAtomically', () => {
  it('writes all parts, in order, and nothing else', async () => {
    await writeFileAtomically(join(folder, 'a.txt'), [hello, hello]);
    expect(readFileSync(join(folder, 'a.txt'), 'utf8')).toBe('hellohello');
    expect(readdirSync(folder)).toEqual(['a.txt']);
  });

  it('replaces a file through a link and keeps its permissions', async () => {
    writeFileSync(join(folder, 'real'), 'old', { mode: 0o600 });
    symlinkSync('real', join(folder, 'link'));
    await writeFileAtomically(join(folder, 'link'), [hello]);
    expect(lstatSync(join(folder, 'link')).isSymbolicLink()).toBe(true);
    expect(readFileSync(join(folder, 'real'), 'utf8')).toBe('hello');
    expect(statSync(join(folder, 'real')).mode & 0o777).toBe(0o600);
  });

  it('leaves nothing new and everything old when the disk fills up', async () => {
    const path = join(folder, 'a.bin');
    await expect(writeFileAtomically(path, fillDisk())).rejects.toThrow(failure('E_DISK_FULL'));
    expect(readdirSync(folder)).toEqual([]);
    writeFileSync(path, 'old');
    await expect(writeFileAtomically(path, fillDisk())).rejects.toThrow(failure('E_DISK_FULL'));
    expect(readFileSync(path, 'utf8')).toBe('old');
    expect(readdirSync(folder)).toEqual(['a.bin']);
  });

  it('leaves nothing when aborted in the middle', async () => {
    const aborting = new AbortController();
    const parts = (function* () {
      yield hello;
      aborting.abort();
      yield hello;
    })();
    const writing = writeFileAtomically(join(folder, 'a'), parts, { signal: aborting.signal });
    await expect(writing).rejects.toThrow(failure('E_ABORTED'));
    expect(readdirSync(folder)).toEqual([]);
  });

  it('explains a missing folder and a folder in the way', async () => {
    mkdirSync(join(folder, 'album'));
    await expect(writeFileAtomically(join(folder, 'none', 'a'), [hello])).rejects.toThrow(failure('E_FILE_MISSING'));
    await expect(writeFileAtomically(join(folder, 'album'), [hello])).rejects.toThrow(failure('E_FILE_IS_DIRECTORY'));
    expect(readdirSync(join(folder, 'album'))).toEqual([]);
  });

  it.runIf(existsSync('/dev/full'))('writes devices directly and never replaces them', async () => {
    await expect(writeFileAtomically('/dev/full', [hello])).rejects.toThrow(failure('E_DISK_FULL'));
    await writeFileAtomically('/dev/null', [hello]);
    expect(statSync('/dev/full').isCharacterDevice() && statSync('/dev/null').isCharacterDevice()).toBe(true);
  });
});

describe('writeOutput', () => {
  it('writes to stdout without closing it, and notices that nobody reads', async () => {
    let written = '';
    const stdout = new Writable({ write: (part, _, done) => ((written += String(part)), done()) });
    await writeOutput('-', [hello, hello], { stdout });
    expect(written).toBe('hellohello');
    expect(stdout.writableEnded).toBe(false);
    const gone = new Writable({ write: (_, __, done) => done(Object.assign(new Error('EPIPE'), { code: 'EPIPE' })) });
    await expect(writeOutput('-', [hello], { stdout: gone })).rejects.toThrow(failure('E_PIPE_CLOSED'));
  });
});

describe('savePng', () => {
  it('saves a picture and its texts', async () => {
    const path = join(folder, 'a.png');
    const picture = readExpected('rgb8');
    await savePng(path, picture, { text: { Software: 'dalle-gl', Prompt: 'ein rotes Herz ♥' } });
    expect(await loadImage(path)).toEqual(picture);
    expect(readPngText(readFileSync(path))).toEqual({ Software: 'dalle-gl', Prompt: 'ein rotes Herz ♥' });
  });

  it('saves nothing when the texts are wrong', async () => {
    const saving = savePng(join(folder, 'a.png'), readExpected('rgb8'), { text: { '': 'x' } });
    await expect(saving).rejects.toThrow(failure('E_PNG_TEXT'));
    expect(readdirSync(folder)).toEqual([]);
  });
});
