/** Software is told from a GPU by name and by speed: neither alone decides. */
import { describe, expect, test } from 'vitest';
import { classifyRenderer } from '../engine/context/renderer.ts';
import type { ContextSource } from '../engine/index.ts';
import { judgeDevices } from './judge-devices.ts';

const names = {
  software: [
    'llvmpipe (LLVM 15.0.6, 256 bits)',
    'softpipe',
    'ANGLE (Google, Vulkan 1.3.0 (SwiftShader Device (Subzero) (0x0000C0DE)), SwiftShader driver)',
    'Google SwiftShader',
    'ANGLE (Microsoft, Microsoft Basic Render Driver (0x0000008C) Direct3D11 vs_5_0 ps_5_0, D3D11)',
    'D3D12 (Microsoft WARP)',
    'llvmpipe, or similar',
    'Apple Software Renderer',
  ],
  hardware: [
    'NVIDIA H200/PCIe/SSE2',
    'ANGLE (AMD, AMD Radeon RX 6800 Direct3D11 vs_5_0 ps_5_0, D3D11)',
    'Mesa Intel(R) UHD Graphics 620 (KBL GT2)',
    'ANGLE (Apple, ANGLE Metal Renderer: Apple M2, Unspecified Version)',
    'Apple GPU',
    'Adreno (TM) 730',
    'Mali-G78',
    'V3D 4.2',
    'NV166',
  ],
  unknown: ['Mozilla', 'unknown renderer', 'ANGLE (Unknown, Generic Renderer)', 'A card of tomorrow', 'WebKit WebGL'],
} as const;

describe.each(Object.entries(names))('%s', (kind, list) => {
  test.each(list)('%s', (name) => expect(classifyRenderer(name)).toBe(kind));
});

const choose = (description: string, ratio: number, software?: boolean): string => {
  const source = { description, software } as ContextSource;
  return judgeDevices(source, { webgl: ratio * 1e10, cpu: 1e10 }).device;
};

test.each([
  ['an unknown renderer that is slower than the CPU is none', 'Rasteriser of tomorrow', 0.9, 'cpu'],
  ['a GPU with an odd name is one', 'Rasteriser of tomorrow', 1.1, 'webgl'],
  ['a GPU whose name sounds like software is one', 'Software-Defined Graphics 9000', 20, 'webgl'],
  ['a rasteriser that is a little faster stays one', 'llvmpipe (LLVM 15.0.6, 256 bits)', 1.5, 'cpu'],
  ['a slow GPU stays the default', 'Mesa Intel(R) HD Graphics 400', 0.3, 'webgl'],
  ['what bears a false name is told by its speed', 'NVIDIA GeForce RTX 4090', 0.05, 'cpu'],
])('%s', (_, name, ratio, wanted) => {
  expect(choose(name, ratio)).toBe(wanted);
});

test('what EGL or the browser knows counts more than the name', () => {
  expect(choose('NVIDIA Tegra', 0.3, true)).toBe('cpu');
  expect(choose('NVIDIA Tegra', 0.3, false)).toBe('webgl');
});

test('the reason names what was seen', () => {
  const source = { description: 'llvmpipe, OpenGL ES 3.2', software: true } as ContextSource;
  expect(judgeDevices(source, { webgl: 1e9, cpu: 4e9 })).toEqual({
    device: 'cpu',
    reason:
      'llvmpipe, OpenGL ES 3.2 has the name of a program that plays a GPU and computes 0.25 times as fast as the CPU',
  });
});
