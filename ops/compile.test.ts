/** `compile` and `run` leave out the rules that do not pay on the device, and those that the caller names. */
import { expect, test } from 'vitest';
import { WebGLDevice, interpret, referenceDevice } from '../engine/index.ts';
import { expectClose } from '../test/helpers/close.ts';
import { openTestDevice } from '../test/helpers/devices.ts';
import { createRandom } from '../test/helpers/random.ts';
import { integerTensor } from '../test/helpers/shapes.ts';
import { compile, run } from './compile.ts';
import { conv2d, maxPool2d, relu } from './index.ts';
import { standardRules } from './rewrite/standard-rules.ts';

const { source } = await openTestDevice();
const random = createRandom(1);
const graph = maxPool2d(
  conv2d(relu(integerTensor(random, [1, 5, 6, 9], -8, 8)), integerTensor(random, [6, 5, 1, 1], -8, 8)),
);
const passesOf = (device: WebGLDevice, options = {}): string[] =>
  compile(device, () => graph, {}, options).draws!.passes.map(({ op }) => op.name);

function openWithout(...without: string[]): WebGLDevice {
  return new WebGLDevice({ ...source, dispose() {} }, { without });
}

test('the device’s rules and the caller’s are left out together', () => {
  expect(passesOf(openWithout())).toEqual(['pooled_conv2d']);
  expect(passesOf(openWithout('pool_on_write'))).toEqual(['packed_conv2d', 'max_pool2d']);
  const without = ['relu_on_read'];
  expect(passesOf(openWithout('pool_on_write'), { without })).toEqual(['relu', 'packed_conv2d', 'max_pool2d']);
  expect(passesOf(openWithout('pack_conv2d'))).toEqual(['relu', 'conv2d', 'max_pool2d']);
});

test('rules that the caller gives need not have those of the device', () => {
  const rules = standardRules.filter(({ name }) => name === 'pack_conv2d');
  expect(passesOf(openWithout('pool_on_write'), { rules })).toEqual(['relu', 'packed_conv2d', 'max_pool2d']);
});

test('the result is the same', async () => {
  const [expected] = await interpret([graph]);
  for (const name of ['pack_conv2d', 'pool_on_write', 'relu_on_read']) {
    expectClose(await run(openWithout(name), graph), expected!, 0, { label: `without ${name}` });
  }
});

test('an unknown name is refused, by the reference device too where the caller gives it', () => {
  const refused = expect.objectContaining({ code: 'E_ATTRIBUTE', message: expect.stringContaining('pack_conv3d') });
  expect(() => passesOf(openWithout('pack_conv3d'))).toThrow(refused);
  expect(() => compile(referenceDevice, () => graph, {}, { without: ['pack_conv3d'] })).toThrow(refused);
});

test('a plan says what its device computes with', () => {
  const device = new WebGLDevice(
    { ...source, dispose() {} },
    { targets: 4, block: 'block', without: ['pool_on_write'] },
  );
  const words = compile(device, () => graph, {}).explain();
  expect(words).toContain('; 4 targets in a block, textureLod, without pool_on_write\n');
  expect(words).toContain('block 2×2');
  expect(compile(openWithout(), () => graph, {}).explain()).toContain('; 8 targets in a strip, textureLod\n');
});
