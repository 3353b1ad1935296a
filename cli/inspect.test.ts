/** The words of `inspect`: what is printed where, in how many columns, and which exit code follows. */
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { packageRoot } from '../base/node/package-files.ts';
import { runCaptured, type CapturedRun } from '../test/helpers/captured-terminal.ts';
import { makeSmallModel, makeWorkplace, type Workplace } from '../test/helpers/workplace.ts';
import { call, dict, global, pickle, tensor, text } from '../test/hostile/pickle-assembler.ts';
import { torchZip } from '../test/hostile/torch-assembler.ts';
import { REPORT_WIDTH, shortenMiddle, wrapWords } from './columns.ts';

let place: Workplace;
beforeAll(() => {
  place = makeWorkplace();
});
afterAll(() => place.remove());

const corpus = (name: string): string => join(packageRoot, 'weights-convert/corpus', name);
const encoder = join(packageRoot, 'test/data/emoji-dvae/encoder.pkl');

function inspect(...words: readonly string[]): Promise<CapturedRun> {
  return runCaptured(['inspect', ...words]);
}

/** Lines of standard output, none wider than a report may be. */
function linesOf({ stdout }: CapturedRun): string[] {
  const lines = stdout.toString().split('\n');
  expect(lines.filter((line) => line.length > REPORT_WIDTH)).toEqual([]);
  return lines;
}

test.each([
  ['a module', encoder],
  ['a state dict, legacy', corpus('torch/legacy-state-dict.pt')],
  ['nested values', corpus('torch/zip-nested.pt')],
  ['a bare pickle', corpus('pickle/protocol-0.pkl')],
])('%s fits 100 columns, with and without --explain', async (_, file) => {
  const plain = await inspect(file);
  expect(plain).toMatchObject({ exitCode: 0, stderr: '' });
  expect(linesOf(plain).length).toBeGreaterThan(10);
  expect(linesOf(await inspect(file, '--explain')).length).toBeGreaterThan(linesOf(plain).length);
});

test('a table for people', async () => {
  const lines = linesOf(await inspect(encoder));
  expect(lines[0]).toMatch(/^encoder\.pkl: torch-zip, \d+ bytes$/);
  expect(lines).toContainEqual(expect.stringMatching(/^convert would write a dvae-encoder/));
  expect(lines.join('\n')).toMatch(/ {2}blocks\.input\.w +F32 +\[64, 3, 7, 7\] .+\b37632$/m);
  expect(lines.join('\n')).toMatch(/ {2}known +1× {2}dall_e\.encoder\.Encoder +root\.callee$/m);
});

test('--json prints exactly one object', async () => {
  const { stdout, stderr, exitCode } = await inspect(corpus('torch/zip-state-dict.pt'), '--json', '--explain');
  expect([exitCode, stderr]).toEqual([0, '']);
  const found = JSON.parse(stdout.toString());
  expect(found).toMatchObject({ container: 'torch-zip', nets: [], refusal: { code: 'E_ARCHITECTURE' }, error: null });
  expect(found.tensors.items).toHaveLength(26);
  expect(found.opcodes[0].items[0]).toMatchObject({ offset: 0, opcode: 'PROTO', argument: '2' });
});

test('an attempt to run code is printed whole, and then exit 3', async () => {
  const state = dict({ a: tensor('0', 4, [4], [1]), b: call(global('posix', 'system'), text('id')) });
  const file = place.write('attack.pt', torchZip(pickle(state), { 0: 4 }));
  const told = await inspect(file);
  expect(told.exitCode).toBe(3);
  expect(linesOf(told).join('\n')).toMatch(
    /RUNS CODE +1× {2}posix\.system[^]*\n {2}a +F32[^]*\n {2}b +posix\.system\("id"\)/,
  );
  expect(told.stderr).toContain('(E_PICKLE_EXEC_ATTEMPT)');
  const { stdout, exitCode } = await inspect(file, '--json');
  expect(exitCode).toBe(3);
  expect(JSON.parse(stdout.toString())).toMatchObject({
    tensors: { items: [{ name: 'a' }] },
    error: { code: 'E_PICKLE_EXEC_ATTEMPT' },
  });
});

test('names that are merely unknown are no failure; a broken tensor is', async () => {
  const unknown = place.write('unknown.pt', torchZip(pickle(call(global('my.net', 'Net')))));
  const { exitCode, stdout } = await inspect(unknown);
  expect(exitCode).toBe(0);
  expect(stdout.toString()).toMatch(/UNKNOWN +1× {2}my\.net\.Net/);
  const broken = place.write('broken.pt', torchZip(pickle(dict({ a: tensor('0', 4, [9], [1]) })), { 0: 4 }));
  expect(await inspect(broken)).toMatchObject({ exitCode: 1, stderr: expect.stringContaining('(E_TENSOR_GEOMETRY)') });
});

test('of a model folder, its manifest', async () => {
  const model = await makeSmallModel(place.path('model'), ['encoder']);
  const json = await inspect(model, '--json');
  expect(JSON.parse(json.stdout.toString())).toMatchObject({ kind: 'dalle-gl-model' });
  expect(JSON.parse((await inspect(model)).stdout.toString())).toEqual(JSON.parse(json.stdout.toString()));
  const empty = await inspect(place.folder);
  expect(empty).toMatchObject({ exitCode: 1, stderr: expect.stringContaining('(E_FILE_MISSING)') });
});

test('what is no checkpoint', async () => {
  const page = place.write('page.pkl', '<!doctype html>');
  expect(await inspect(page)).toMatchObject({ exitCode: 1, stderr: expect.stringContaining('a web page') });
  const { stdout } = await inspect(page, '--json');
  expect(JSON.parse(stdout.toString())).toMatchObject({ error: { code: 'E_FORMAT_UNKNOWN' } });
  expect(await inspect()).toMatchObject({ exitCode: 2 });
});

test('texts are cut and wrapped to a width', () => {
  expect(shortenMiddle('abcdefghij', 10)).toBe('abcdefghij');
  expect(shortenMiddle('abcdefghij', 5)).toBe('ab…ij');
  expect(wrapWords('one two three', 7)).toEqual(['one two', 'three']);
  expect(wrapWords('incomprehensibilities of it', 7)).toEqual(['incomprehensibilities', 'of it']);
});
