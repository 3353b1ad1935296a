/** The cases of every op on the CPU device, against the float64 loops: by its kernels where it has them. */
import { describe, expect, test } from 'vitest';
import { checkCase } from '../../test/helpers/check-case.ts';
import { cpuVariants } from '../../test/helpers/cpu-device.ts';
import { rulesFor } from '../../test/helpers/devices.ts';
import { titledCases } from '../../test/helpers/op-cases.ts';

describe.each(cpuVariants)('on the CPU, $name', ({ open }) => {
  test.each(titledCases)('$title', async ({ given: { rules = [], ...rest } }) => {
    const device = open();
    await checkCase(device, { ...rest, rules: rulesFor(device, rules) });
    await device.memory.turn(async () => {}); // what a plan held is freed when its turn comes
    expect(device.memory.bytes.kept).toBe(0);
  });
});
