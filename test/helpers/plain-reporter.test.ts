/** The last line of a test run is read by scripts: it must count what failed, however it failed. */
import { describe, expect, it } from 'vitest';
import type { TestModule } from 'vitest/node';
import { countTests, formatCounts } from './plain-reporter.ts';

type State = 'passed' | 'failed' | 'skipped' | 'pending';

function fakeModule(states: State[], errors: unknown[] = [], suiteErrors: unknown[] = []): TestModule {
  const children = {
    allTests: () => states.map((state) => ({ result: () => ({ state }) })),
    allSuites: () => [{ errors: () => suiteErrors }],
  };
  return { errors: () => errors, children } as unknown as TestModule;
}

describe('plain reporter', () => {
  it('counts tests over all files', () => {
    const modules = [fakeModule(['passed', 'failed', 'passed']), fakeModule(['skipped', 'pending', 'passed'])];
    expect(countTests(modules, [])).toEqual({ passed: 3, failed: 1, skipped: 2 });
  });

  it('counts a file that does not load, a broken hook and a stray error as failures', () => {
    const modules = [fakeModule([], ['syntax']), fakeModule(['skipped'], [], ['hook'])];
    expect(countTests(modules, ['stray'])).toEqual({ passed: 0, failed: 3, skipped: 1 });
  });

  it('prints one plain line', () => {
    expect(formatCounts({ passed: 12, failed: 0, skipped: 0 })).toBe('12 passed, 0 failed');
    expect(formatCounts({ passed: 1, failed: 2, skipped: 3 })).toBe('1 passed, 2 failed, 3 skipped');
  });
});
