/** Calibration of the CPU asks between what differs, and without time leaves everything as by default. */
import { describe, expect, test } from 'vitest';
import { rewrite, sortTopologically } from '../engine/index.ts';
import type { CpuChoice, Device } from '../engine/index.ts';
import { makeCpuTestDevice } from '../test/helpers/cpu-device.ts';
import { calibrateCpu, listCpuQuestions } from './calibrate-cpu.ts';
import { isCpuChoice } from './kernel-choice.ts';
import { cpuRules } from './rewrite/standard-rules.ts';

const defaults: CpuChoice = { multiplyAdd: 'plain', without: [] };
const open = async (): Promise<Device> => makeCpuTestDevice();

describe('its questions', () => {
  test('are between choices that a device can have, each planned otherwise or multiplied otherwise', () => {
    for (const canRelax of [false, true]) {
      for (const { result, candidates } of listCpuQuestions(canRelax)) {
        const plans = candidates(defaults).map((choice) => {
          expect(isCpuChoice(choice)).toBe(true);
          const rules = cpuRules.filter(({ name }) => !choice.without.includes(name));
          const ops = sortTopologically(rewrite([result], rules).outputs).map((tensor) => {
            return `${tensor.op.name} ${tensor.op.describe?.(tensor.attributes) ?? ''}`;
          });
          return [choice.multiplyAdd, ...ops].join();
        });
        expect(new Set(plans).size).toBe(plans.length);
      }
    }
  });

  test('ask for relaxed multiply-add only where there is one', () => {
    const wanted = (canRelax: boolean): number =>
      listCpuQuestions(canRelax).flatMap(({ candidates }) =>
        candidates(defaults).filter(({ multiplyAdd }) => multiplyAdd === 'relaxed'),
      ).length;
    expect([wanted(false), wanted(true)]).toEqual([0, 1]);
  });
});

test('without time the choice is the default, and with time it is one that a device can have', async () => {
  expect(await calibrateCpu({ canRelax: false, open }, 0)).toEqual(defaults);
  expect(isCpuChoice(await calibrateCpu({ canRelax: false, open }))).toBe(true);
});

test('what it opened is closed again', async () => {
  const devices: Device[] = [];
  const keep = async (): Promise<Device> => {
    devices.push(makeCpuTestDevice());
    return devices.at(-1)!;
  };
  await calibrateCpu({ canRelax: false, open: keep });
  expect(devices).toHaveLength(1);
  expect(devices[0]!.isUsable).toBe(false);
});
