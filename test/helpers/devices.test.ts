/** Tests' devices are kept while they are small: a suite of a thousand shaders must not hold a thousand programs. */
import { expect, test } from 'vitest';
import { deviceVariants, openTestDevice, openVariant } from './devices.ts';

test('devices start anew once they hold many programs, and not before', async () => {
  const [device, other] = [await openTestDevice(), await openVariant(deviceVariants[1]!)];
  expect(await openTestDevice()).toBe(device);
  for (let i = 0; i <= 100; i++) {
    const shader = `#version 300 es\nprecision highp float; out vec4 o; void main() { o = vec4(${i}.0); }`;
    (i % 2 === 0 ? device : other).gpu.programs.request(shader);
  }
  const fresh = await openTestDevice();
  expect(fresh).not.toBe(device);
  expect([device.isUsable, other.isUsable, fresh.isUsable]).toEqual([false, false, true]);
  expect(fresh.gpu.programs.size).toBe(0);
});
