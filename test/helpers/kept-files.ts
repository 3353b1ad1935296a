/**
 * A tiny model with a drawing of its, and a place of one's own for each test, in which a command is refused and every
 * file of both stays as it was.
 */
import { createHash } from 'node:crypto';
import { readFileSync, statSync } from 'node:fs';
import { afterAll, afterEach, beforeAll, beforeEach, expect } from 'vitest';
import { runCaptured } from './captured-terminal.ts';
import { makeTinyDalle } from './tiny-dalle.ts';
import { makePng, makeWorkplace, type Workplace } from './workplace.ts';

interface KeptFiles {
  /** The folder of the model, and the bytes of a picture that it drew of "red heart" with seed 7. */
  readonly model: string;
  readonly drawing: Buffer;
  /** Of the test that runs; it holds photo.png. */
  readonly place: Workplace;
  /** All files of both with their SHA-256. */
  hashAll(): string[];
  /** Expects a command to be refused with a code, and every file to be as it was. */
  expectRefused(code: string, words: readonly string[]): Promise<void>;
}

/** Makes them before the tests of a file, and removes them afterwards. */
export function keepFiles(): KeptFiles {
  let models: Workplace;
  let place: Workplace;
  let model = '';
  let drawing: Buffer;
  beforeAll(async () => {
    models = makeWorkplace();
    model = await makeTinyDalle(models.path('model'));
    const words = ['generate', 'red heart', '-n', '1', '--seed', '7', '-o', models.path('d.png')];
    expect((await runCaptured([...words, '-m', model, '--quiet'])).exitCode).toBe(0);
    drawing = readFileSync(models.path('d.png'));
  });
  afterAll(() => models.remove());
  beforeEach(() => {
    place = makeWorkplace();
    place.write('photo.png', makePng(64, 64));
  });
  afterEach(() => place.remove());
  const hashAll = (): string[] => [...hashFiles(place), ...hashFiles(models)];
  return {
    hashAll,
    get model() {
      return model;
    },
    get drawing() {
      return drawing;
    },
    get place() {
      return place;
    },
    async expectRefused(code, words) {
      const before = hashAll();
      const { exitCode, stderr } = await runCaptured([...words, ...(words.includes('-m') ? [] : ['-m', model])]);
      expect({ stderr, exitCode }).toMatchObject({ stderr: expect.stringContaining(`(${code})`) });
      expect(exitCode).toBe(code === 'E_OUTPUT_CLASH' ? 2 : 1);
      expect(hashAll()).toEqual(before);
    },
  };
}

/** What is in a folder too. */
function hashFiles(of: Workplace): string[] {
  return of.list().map((name) => {
    const path = of.path(name);
    if (!statSync(path).isFile()) return `${name} `;
    return `${name} ${createHash('sha256').update(readFileSync(path)).digest('hex')}`;
  });
}
