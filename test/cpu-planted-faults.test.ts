/**
 * The test of the tests on the CPU: every op that has kernels there is given one with a fault, and some case of the op
 * (ops/<op>/cases.ts) must notice. Faults: the last item is not computed, operands or results are rounded to half.
 */
import { describe, expect, test } from 'vitest';
import { apply, rewrite, sizeOf, sortTopologically } from '../engine/index.ts';
import type { CpuCall, CpuOperand, KernelCall, Op, Rule } from '../engine/index.ts';
import { checkCase } from './helpers/check-case.ts';
import { makeCpuTestDevice } from './helpers/cpu-device.ts';
import { rulesFor } from './helpers/devices.ts';
import type { OpCase } from './helpers/op-case.ts';
import { titledCases } from './helpers/op-cases.ts';

/** What a fault makes of the calls of a sound kernel; undefined where there is nothing to spoil. */
type Fault = (sound: readonly KernelCall[], call: CpuCall) => readonly KernelCall[] | undefined;

const isFloat = ({ type, storage }: CpuOperand): boolean => storage === 'rows' && type.dtype === 'f32';

/** Rounds a value in place. */
function roundInPlace({ address, type }: CpuOperand): KernelCall {
  const size = sizeOf(type.shape);
  const along = [address, 0, 0, 0, 16];
  return { kernel: 'cast_to_half', items: 1, words: [size, size, address, size, 1, 1, ...along, ...along] };
}

const faults: Readonly<Record<string, Fault>> = {
  'the last item left out': (sound) => sound.map((call) => ({ ...call, items: call.items - 1 })),
  'operands rounded to half': (sound, { inputs }) => {
    const rounded = inputs.filter(isFloat).map(roundInPlace);
    return rounded.length > 0 ? [...rounded, ...sound] : undefined;
  },
  'results rounded to half': (sound, { output }) => (isFloat(output) ? [...sound, roundInPlace(output)] : undefined),
};

/** Ops that a fault leaves as they were, and why. */
const IMMUNE: Readonly<Record<string, readonly string[]>> = {
  'operands rounded to half': [
    'cast_to_half', // rounds them itself
    'half_weights',
    'argmax', // the order of Gaussian numbers stays
    'pack_weights', // of four bits
    'pack_linear',
  ],
  'results rounded to half': [
    'one_hot', // zeros and ones
    'lookup_table', // weights of four bits
    'take_rows',
  ],
};

/** A rule that puts the same op with a faulty kernel in its place, and tells when it did. */
function plant(name: string, fault: Fault, planted: () => void): Rule {
  return {
    name: 'plant a fault',
    why: 'to see it noticed',
    apply(node) {
      const { op, inputs, attributes } = node;
      const kernel = op.kernels?.cpu;
      if (op.name !== name || !kernel?.calls || faulty.has(op)) return undefined;
      const spoilt: Op = {
        ...op,
        kernels: {
          cpu: {
            ...kernel,
            alias: false,
            calls(call) {
              const sound = kernel.calls!(call);
              const calls = sound && fault(sound, call);
              if (calls) planted();
              return calls ?? sound;
            },
          },
        },
      };
      faulty.add(spoilt);
      return apply(spoilt, inputs, attributes);
    },
  };
}

const faulty = new WeakSet<Op>();

/** Whether a case notices; undefined where the fault found nothing to spoil. */
async function notices({ rules = [], ...rest }: OpCase, op: string, fault: Fault): Promise<boolean | undefined> {
  let isPlanted = false;
  const device = makeCpuTestDevice();
  const rule = plant(op, fault, () => (isPlanted = true));
  try {
    await checkCase(device, { ...rest, rules: [...rulesFor(device, rules), rule] });
    return isPlanted ? false : undefined;
  } catch (error) {
    if (!isPlanted) throw error;
    return true;
  } finally {
    device.dispose();
  }
}

/** Every op with kernels that plans of the cases hold, and the cases that hold it. */
function listOps(): [op: string, cases: readonly OpCase[]][] {
  const cases = new Map<string, OpCase[]>();
  const device = makeCpuTestDevice();
  for (const { given } of titledCases) {
    const { outputs } = rewrite([given.result], rulesFor(device, given.rules ?? []));
    const names = sortTopologically(outputs).flatMap(({ op }) => (op.kernels?.cpu?.calls ? [op.name] : []));
    for (const name of new Set(names)) cases.set(name, [...(cases.get(name) ?? []), given]);
  }
  return [...cases];
}

describe.each(Object.entries(faults))('%s', (name, fault) => {
  test.each(listOps())('%s', async (op, cases) => {
    const noticed: (boolean | undefined)[] = [];
    for (const given of cases) noticed.push(await notices(given, op, fault));
    if (noticed.every((each) => each === undefined)) return; // no float to round
    expect(noticed.includes(true)).toBe(!IMMUNE[name]?.includes(op));
  });
});
