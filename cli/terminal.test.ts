/**
 * What reaches a terminal: whatever a file or a word says of itself, no character steers it, hides, or forges a line;
 * and there is no other way out than terminal.ts.
 */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { FormatError } from '../base/errors.ts';
import { captureStream, runCaptured } from '../test/helpers/captured-terminal.ts';
import { listSources, readPage } from '../test/helpers/documents.ts';
import { makeTinyDalle } from '../test/helpers/tiny-dalle.ts';
import { makePng, makeSmallModel, makeWorkplace, smallCheckpoints, type Workplace } from '../test/helpers/workplace.ts';
import { sayFailure } from './failure.ts';
import { escapeHidden, print, printJson, printRow, say, type Terminal } from './terminal.ts';

/** One of each kind that must not come through. */
const hidden =
  '\x1b[2J\n\r\t\x00\x7f\x9b\u202e\u2066\u200f\u061c\u200b\u2060\u2028\u2029\ufeff\u00ad\u{e0041}\u3164\ue000';

/** A terminal that remembers, for what is printed without a command. */
function makeTerminal(): { terminal: Terminal; read(): string } {
  const { stream, read } = captureStream();
  const { signal } = new AbortController();
  return {
    terminal: { stdin: process.stdin, stdout: stream, stderr: stream, env: {}, signal },
    read: () => read().toString(),
  };
}

describe('escapeHidden', () => {
  test.each([
    ['controls', '\x00\x07\b\x1b\x7f', '\\u0000\\u0007\\u0008\\u001b\\u007f'],
    ['C1', '\x80\x9b\x9f', '\\u0080\\u009b\\u009f'],
    ['line breaks of all kinds', '\n\r\x85\u2028\u2029\v\f', '\\u000a\\u000d\\u0085\\u2028\\u2029\\u000b\\u000c'],
    [
      'writing direction',
      '\u202a\u202e\u2066\u2069\u200e\u200f\u061c',
      '\\u202a\\u202e\\u2066\\u2069\\u200e\\u200f\\u061c',
    ],
    ['zero width', '\u200b\u200d\u2060\ufeff\u00ad', '\\u200b\\u200d\\u2060\\ufeff\\u00ad'],
    [
      'tags, and selectors that carry words',
      '\u{e0001}\u{e0041}\u{e0100}',
      '\\udb40\\udc01\\udb40\\udc41\\udb40\\udd00',
    ],
    ['letters without a shape', '\u3164\u115f\u034f', '\\u3164\\u115f\\u034f'],
    ['halves and private letters', 'a\ud800b\udc00\ue000', 'a\\ud800b\\udc00\\ue000'],
  ])('%s', (_, text, escaped) => expect(escapeHidden(text)).toBe(escaped));

  test('what has a shape stays as it is', () => {
    const text = 'Grüße, 日本語, नमस्ते, שלום, ❤️ \u{1f98a} e\u0301 \\n "x" → ×';
    expect(escapeHidden(text)).toBe(text);
  });
});

test('a line is one line; JSON and rows too, and JSON means the same', () => {
  const { terminal, read } = makeTerminal();
  say(terminal, hidden, 'b');
  print(terminal, [hidden, 'b']);
  printRow(terminal, hidden, 'b');
  printJson(terminal, { [hidden]: hidden });
  const lines = read().split('\n');
  const escaped = escapeHidden(hidden);
  expect(lines).toEqual([escaped, 'b', escaped, 'b', `${escaped}\tb`, expect.stringMatching(/^[ -~]+$/), '']);
  expect(JSON.parse(lines[5]!)).toEqual({ [hidden]: hidden });
});

test('a failure is one paragraph, and a bug its places', () => {
  const { terminal, read } = makeTerminal();
  sayFailure(terminal, new FormatError('E_TOKENS', 'no\ndalle-gl: all is well'));
  sayFailure(terminal, new TypeError('no\n    at home (a.ts:1:1)'));
  sayFailure(terminal, 'a\nb');
  const [paragraph, bug, message, ...places] = read().trimEnd().split('\n');
  expect(paragraph).toBe('dalle-gl: no\\u000adalle-gl: all is well (E_TOKENS)');
  expect(bug).toMatch(/^dalle-gl: this is a bug .+ \(E_BUG\)$/);
  expect(message).toBe('TypeError: no\\u000a    at home (a.ts:1:1)');
  expect(
    places.slice(0, -2).every((place) => /^ {4}at .*terminal\.test|^ {4}at .*node_modules|^ {4}at /.test(place)),
  ).toBe(true);
  expect(places.at(-1)).toBe('a\\u000ab');
});

test('of the command only terminal.ts writes words; progress and previews draw what is theirs; nothing else speaks', () => {
  const sources = listSources().filter((path) => !/^(?:scripts|page)\//.test(path));
  const writing = sources.filter(
    (path) => path.startsWith('cli/') && /std(?:out|err)\S*\.write\(/.test(readPage(path)),
  );
  expect(writing.sort()).toEqual(['cli/preview.ts', 'cli/progress.ts', 'cli/terminal.ts']);
  expect(sources.filter((path) => /\bconsole\.|emitWarning/.test(readPage(path)))).toEqual([]);
});

describe('commands', () => {
  // What file systems take: no NUL, no slash.
  const evil = `x${hidden.replace('\0', '')}y`;
  const plain = 'x'.repeat(evil.length);
  let place: Workplace;

  beforeAll(async () => {
    place = makeWorkplace();
    for (const name of [plain, evil]) {
      mkdirSync(place.path(name));
      writeFileSync(place.path(name, `${name}.png`), makePng(32, 32));
      writeFileSync(place.path(name, `${name}.safetensors`), safetensorsOf(name));
      writeFileSync(place.path(name, `${name}.txt`), `${name.replaceAll(/[\n\r]/g, '')}\nred\n`);
      writeFileSync(place.path(name, `${name}.json`), '[["a"]]');
      writeFileSync(place.path(name, `broken.png`), name);
      editNotice(await makeTinyDalle(place.path(name, `${name} dalle`)), name);
      await makeSmallModel(place.path(name, `${name} dvae`), ['encoder']);
    }
  });
  afterAll(() => place.remove());

  const settings = ['-n', '1', '--seed', '7', '--truncate'];
  test.each<[string, (name: string, path: (name: string) => string) => readonly string[]]>([
    ['a picture and where it goes', (name, path) => ['reconstruct', path(`${name}.png`), '--size', '16']],
    ['a picture that is none', (_, path) => ['reconstruct', path('broken.png')]],
    ['a missing picture', (name, path) => ['encode', path(`${name}.gif`), '-o', path('x.npy')]],
    ['tokens that are none', (name, path) => ['decode', path(`${name}.json`), '-o', path('x.png')]],
    ['a score', (name, path) => ['score', 'red', path(`${name}.png`), '-m', path(`${name} dalle`)]],
    ['a text', (name, path) => ['generate', name, ...settings, '-o', path('x.png'), '-m', path(`${name} dalle`)]],
    [
      'a text that is too long',
      (name, path) => ['generate', name.repeat(20), '-o', path('x.png'), '-m', path(`${name} dalle`)],
    ],
    [
      'texts of a file',
      (name, path) => [
        'generate',
        '--prompts',
        path(`${name}.txt`),
        ...settings,
        '-o',
        path('out'),
        '-m',
        path(`${name} dalle`),
      ],
    ],
    ['a picture to repeat', (name, path) => ['generate', '--repeat', path(`${name}.png`), '-o', path('r.png')]],
    ['the names in a checkpoint', (name, path) => ['inspect', path(`${name}.safetensors`)]],
    ['a model folder', (name, path) => ['inspect', path(`${name} dalle`)]],
    ['a folder that is none', (_, path) => ['inspect', path('none')]],
    ['a checkpoint of another net', (name, path) => ['convert', path(`${name}.safetensors`), '-o', path('made')]],
    ['a conversion', (name, path) => ['convert', smallCheckpoints().encoder, '-o', path(`${name} made`)]],
    ['an export', (name, path) => ['export', path(`${name} dvae`), '-o', path(`${name} exported`)]],
    ['a model to plan', (name, path) => ['plan', path(`${name} dalle`), '--device', 'reference']],
    ['a configuration that is none', (name) => ['plan', name]],
    ['a device', (name) => ['doctor', '--device', `egl:/${name}/libEGL.so`]],
    ['a command', (name) => [name]],
    ['a command to help with', (name) => ['help', name]],
    ['a flag', (name) => ['generate', `--${name}`]],
    ['a short flag', (name) => ['generate', `-q${name}`]],
    ['a value', (name) => ['generate', 'x', '--seed', name]],
    ['a value of a switch', (name) => ['generate', `--quiet=${name}`]],
    ['an output', (name) => ['generate', 'x', '-o', `${name}.gif`]],
    ['operands', (name) => ['decode', name, name, '-o', 'x.png']],
  ])('%s', async (_, wordsOf) => {
    const runs = [];
    for (const name of [plain, evil]) {
      for (const more of [[], ['--json']]) {
        const words = [...wordsOf(name, (file) => place.path(name, file)), ...more];
        const { exitCode, stdout, stderr } = await runCaptured(words);
        runs.push({ exitCode, out: stdout.toString(), err: stderr });
      }
    }
    const [plainly, plainJson, evilly, evilJson] = runs as [Run, Run, Run, Run];
    for (const { out, err } of [evilly, evilJson]) {
      expect(escapeHidden(out.replaceAll(/[\n\t]/g, ''))).toBe(out.replaceAll(/[\n\t]/g, ''));
      expect(escapeHidden(err.replaceAll('\n', ''))).toBe(err.replaceAll('\n', ''));
    }
    const shape = ({ exitCode, out, err }: Run): unknown => [exitCode, out.split('\n').length, err.split('\n').length];
    expect(shape(evilly)).toEqual(shape(plainly));
    expect(shape(evilJson)).toEqual(shape(plainJson));
    expect(() => void JSON.parse(evilJson.out)).not.toThrow();
    expect(evilJson.out.split('\n')).toHaveLength(2);
  });
});

/** What a model says of itself, wherever it is opened. */
function editNotice(folder: string, notice: string): void {
  const file = join(folder, 'model.json');
  writeFileSync(file, JSON.stringify({ ...JSON.parse(readFileSync(file, 'utf8')), notice }));
}

interface Run {
  readonly exitCode: number;
  readonly out: string;
  readonly err: string;
}

/** A checkpoint whose tensors and metadata have such names. */
function safetensorsOf(name: string): Uint8Array {
  const header = Buffer.from(
    JSON.stringify({
      __metadata__: { [name]: name },
      [name]: { dtype: 'F32', shape: [1], data_offsets: [0, 4] },
    }),
  );
  const length = Buffer.alloc(8);
  length.writeUInt32LE(header.length);
  return Buffer.concat([length, header, Buffer.alloc(4)]);
}
