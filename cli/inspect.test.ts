/** The words of `inspect`: what is printed where, in how many columns, and which exit code follows. */
import { join as joinPath } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { packageRoot } from '../base/node/package-files.ts';
import { runCaptured, type CapturedRun } from '../test/helpers/captured-terminal.ts';
import { makeSmallModel, makeWorkplace, type Workplace } from '../test/helpers/workplace.ts';
import { call, dict, global, join, pickle, tensor, text } from '../test/hostile/pickle-assembler.ts';
import { bytes as bytesOf, dumpedTensor, legacyStorage } from '../test/hostile/pickle-dump.ts';
import { torchZip } from '../test/hostile/torch-assembler.ts';
import { REPORT_WIDTH, shortenMiddle, wrapWords } from './columns.ts';

let place: Workplace;
beforeAll(() => {
  place = makeWorkplace();
});
afterAll(() => place.remove());

const corpus = (name: string): string => joinPath(packageRoot, 'weights-convert/corpus', name);
const encoder = joinPath(packageRoot, 'test/data/emoji-dvae/encoder.pkl');

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

/** A pickle that is 48 bytes long and, in Python, runs a command by a name that no list has. */
const unlisted = pickle(call(global('corp.tools', 'run'), text('id')));

test('a call of a name that nobody knows is told, and then exit 4', async () => {
  const file = place.write('unlisted.pkl', unlisted);
  const told = await inspect(file);
  expect(told.exitCode).toBe(4);
  expect(linesOf(told).join('\n')).toMatch(/UNKNOWN +1× {2}corp\.tools\.run +root\.callee +called$/m);
  expect(told.stderr).toContain('(E_PICKLE_UNKNOWN_CALL)');
  const { stdout, exitCode } = await inspect(file, '--json');
  expect(exitCode).toBe(4);
  expect(JSON.parse(stdout.toString())).toMatchObject({
    calls: { known: [], unknown: ['corp.tools.run'], runCode: [] },
    trailing: { padding: 0, other: 0 },
    error: { code: 'E_PICKLE_UNKNOWN_CALL' },
  });
  expect(await runCaptured(['convert', file, '-o', place.path('no-model')])).toMatchObject({ exitCode: 1 });
});

test.each([
  ['REDUCE', unlisted, 4],
  ['OBJ', pickle('(', global('corp.tools', 'run'), text('id'), 'o'), 4],
  ['INST', pickle('(', text('id'), 'icorp.tools\nrun\n'), 4],
  ['an extension', pickle('\x82\x01', ')R'), 4],
  ['a name with a space', pickle(call(global('os ', 'system'), text('id'))), 4],
  ['a name in letters that look like Latin', pickle(call(global(Buffer.from('оs').toString('latin1'), 'system'))), 4],
  ['a name that every JavaScript object has', pickle(call(global('__proto__', 'constructor'))), 4],
  ['a name that breaks off behind its call', pickle(call(global('corp.tools', 'run'), text('id')), 'Q\xff'), 4],
  ['NEWOBJ', pickle(global('corp.models', 'Net'), ')\x81', dict({ a: 'K\x01' }), 'b'), 0],
  ['named, not called', pickle(global('corp.models', 'Net')), 0],
  ['nothing named', pickle(']'), 0],
  ['a known way to run code', pickle(call(global('torch.utils.collect_env', 'run'), text('id'))), 3],
  ['a known way to run code under its Python 2 name', join("c__builtin__\neval\n(S'1'\ntR."), 3],
  ['a known way to run code below another name', pickle('\x80\x04\x8c\x05torch\x8c\x09os.system\x93', ')R'), 3],
  ['a known way to run code, only named', pickle(global('os', 'system')), 3],
  ['another pickle behind the first', join(pickle(']'), pickle(call(global('os', 'system'), text('id')))), 3],
  ['bytes behind the pickle', join(pickle(']'), '\xff\xff'), 1],
  ['text that Python refuses', pickle("S'\\x1'\n"), 1],
  ['a lone surrogate', pickle('X', Uint8Array.of(3, 0, 0, 0), '\xed\xa0\x80'), 0],
])('%s', async (_, bytes, wanted) => {
  const { exitCode, stdout, stderr } = await inspect(place.write('one.pkl', bytes));
  expect([exitCode, stderr.includes('E_BUG')]).toEqual([wanted, false]);
  expect(stdout.length).toBeGreaterThan(0);
});

test('what pickle.dump makes of tensors is nothing wrong, and convert says what it is', async () => {
  const file = place.write('dumped.pkl', pickle(dict({ w: dumpedTensor(bytesOf(legacyStorage(2))) })));
  expect(await inspect(file)).toMatchObject({ exitCode: 0, stderr: '' });
  const refused = await runCaptured(['convert', file, '-o', place.path('no-model')]);
  expect(refused).toMatchObject({ exitCode: 1, stderr: expect.stringContaining('(E_PICKLE_DUMP)') });
  expect(refused.stderr).toContain('torch.save');
  expect(refused.stderr).not.toMatch(/do not open|whoever/i);
});

test('a name that is unknown and not called is no failure; a broken tensor is', async () => {
  const unknown = place.write('unknown.pt', torchZip(pickle(global('my.net', 'Net'), ')\x81')));
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
