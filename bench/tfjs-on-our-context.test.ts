/** TensorFlow.js computes correctly on createContext(): a product and a convolution, against plain loops. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createContext } from '../engine/context/node/open.ts';
import { createTfjsPeer, type TfjsPeer } from './tfjs-peer.ts';

const gl = createContext();
let peer: TfjsPeer;

beforeAll(async () => {
  peer = await createTfjsPeer(gl);
});
afterAll(() => {
  peer.dispose();
  gl.dispose();
});

/** Small integers, so that every sum is exact and the comparison can be. */
const ramp = (length: number): Float32Array => Float32Array.from({ length }, (_, index) => ((index * 7) % 11) - 5);

test('matMul of 33×47 by 47×29', async () => {
  const [rows, inner, columns] = [33, 47, 29];
  const [a, b] = [ramp(rows * inner), ramp(inner * columns)];
  const product = peer.tf.matMul(peer.tf.tensor2d(a, [rows, inner]), peer.tf.tensor2d(b, [inner, columns]));
  const expected = new Float32Array(rows * columns);
  for (let i = 0; i < rows; i++) {
    for (let j = 0; j < columns; j++) {
      for (let k = 0; k < inner; k++) expected[i * columns + j]! += a[i * inner + k]! * b[k * columns + j]!;
    }
  }
  expect(product.dataSync()).toEqual(expected);
  expect(await product.data()).toEqual(expected);
});

test('conv2d 3×3 of 8×9×5 to 6 channels', async () => {
  const [height, width, inputs, outputs] = [8, 9, 5, 6];
  const [image, filter] = [ramp(height * width * inputs), ramp(9 * inputs * outputs)];
  const result = peer.tf.conv2d(
    peer.tf.tensor4d(image, [1, height, width, inputs]),
    peer.tf.tensor4d(filter, [3, 3, inputs, outputs]),
    1,
    'same',
  );
  const expected = new Float32Array(height * width * outputs);
  const pixel = (y: number, x: number, c: number): number =>
    y < 0 || x < 0 || y >= height || x >= width ? 0 : image[(y * width + x) * inputs + c]!;
  expected.forEach((_, index) => {
    const o = index % outputs;
    const x = Math.floor(index / outputs) % width;
    const y = Math.floor(index / outputs / width);
    for (let tap = 0; tap < 9; tap++) {
      for (let c = 0; c < inputs; c++) {
        const weight = filter[(tap * inputs + c) * outputs + o]!;
        expected[index]! += weight * pixel(y + Math.floor(tap / 3) - 1, x + (tap % 3) - 1, c);
      }
    }
  });
  expect(await result.data()).toEqual(expected);
  expect(gl.getError()).toBe(gl.NO_ERROR);
});
