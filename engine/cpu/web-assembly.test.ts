/** The smallest modules tell what WebAssembly can do; where it is missing, forbidden or old, errors say what to do. */
import { afterEach, expect, test, vi } from 'vitest';
import { checkWebAssembly, lookAtWebAssembly } from './web-assembly.ts';

afterEach(() => void vi.unstubAllGlobals());

test('Node has SIMD, and relaxed SIMD from V8 11.4 on', () => {
  const [major, minor] = process.versions.v8.split('.').map(Number) as [number, number];
  expect(lookAtWebAssembly()).toEqual({ simd: true, relaxed: major > 11 || (major === 11 && minor >= 4) });
  expect(() => checkWebAssembly('open')).not.toThrow();
});

test('without WebAssembly', () => {
  vi.stubGlobal('WebAssembly', undefined);
  expect(lookAtWebAssembly()).toEqual({ simd: false, relaxed: false });
  expect(() => checkWebAssembly('open')).toThrow(expect.objectContaining({ code: 'E_WASM_MISSING' }));
});

test('where a page may not compile it, the error names the header', () => {
  const blocked = vi.fn(function () {
    throw new WebAssembly.CompileError("Refused to compile WebAssembly: neither 'wasm-unsafe-eval' nor 'unsafe-eval'");
  });
  vi.spyOn(WebAssembly, 'Module').mockImplementation(blocked as never);
  const message = expect.stringContaining("Content-Security-Policy: script-src 'self' 'wasm-unsafe-eval'");
  expect(() => checkWebAssembly('open')).toThrow(expect.objectContaining({ code: 'E_WASM_BLOCKED', message }));
  vi.restoreAllMocks();
});

test('relaxed multiply-add is refused where there is none', () => {
  expect(() => checkWebAssembly('open', 'plain')).not.toThrow();
  const wish = (): void => checkWebAssembly('open', 'relaxed');
  if (lookAtWebAssembly().relaxed) expect(wish).not.toThrow();
  else expect(wish).toThrow(expect.objectContaining({ code: 'E_WASM_RELAXED' }));
});

test('without SIMD', () => {
  vi.spyOn(WebAssembly, 'validate').mockReturnValue(false);
  expect(() => checkWebAssembly('open')).toThrow(expect.objectContaining({ code: 'E_WASM_SIMD' }));
  vi.restoreAllMocks();
});
