/** Threads are as many as processors, and no more than the quota of any control group of the process. */
import { availableParallelism } from 'node:os';
import { expect, test } from 'vitest';
import { countThreads } from './count-threads.ts';

const onSystem = (processors: number, files: Readonly<Record<string, string>>): number =>
  countThreads({ processors, read: (path) => files[path] });

const second = { '/proc/self/cgroup': '0::/kubepods/pod1/box\n' };
const first = { '/proc/self/cgroup': '5:memory:/box\n4:cpu,cpuacct:/docker/box\n1:name=systemd:/\n0::/\n' };

test('here there is at least one, and at most every processor', () => {
  expect(countThreads()).toBeGreaterThanOrEqual(1);
  expect(countThreads()).toBeLessThanOrEqual(availableParallelism());
});

test.each([
  ['no control group', {}, 8],
  ['version 2 without a quota', { ...second, '/sys/fs/cgroup/kubepods/pod1/box/cpu.max': 'max 100000\n' }, 8],
  ['version 2', { ...second, '/sys/fs/cgroup/kubepods/pod1/box/cpu.max': '300000 100000\n' }, 3],
  ['version 2, of a group above', { ...second, '/sys/fs/cgroup/kubepods/cpu.max': '200000 100000' }, 2],
  [
    'version 2, of a container that sees its own as the root',
    { ...second, '/sys/fs/cgroup/cpu.max': '400000 100000' },
    4,
  ],
  ['version 2 beside version 1', { ...first, '/sys/fs/cgroup/unified/cpu.max': '500000 100000' }, 5],
  ['a part of a processor', { ...second, '/sys/fs/cgroup/cpu.max': '50000 100000' }, 1],
  ['less than two', { ...second, '/sys/fs/cgroup/cpu.max': '190000 100000' }, 1],
  ['more than there are', { ...second, '/sys/fs/cgroup/cpu.max': '6400000 100000' }, 8],
  ['what is no quota', { ...second, '/sys/fs/cgroup/cpu.max': 'often\n' }, 8],
  ['a period of nothing', { ...second, '/sys/fs/cgroup/cpu.max': '100000 0' }, 8],
])('%s', (_, files, wanted) => {
  expect(onSystem(8, files as Record<string, string>)).toBe(wanted);
});

test.each([
  ['-1', '100000', 8],
  ['250000', '100000', 2],
])('version 1: a quota of %s in %s', (quota, period, wanted) => {
  for (const folder of ['/sys/fs/cgroup/cpu,cpuacct/docker/box', '/sys/fs/cgroup/cpu/docker', '/sys/fs/cgroup/cpu']) {
    const files = { [`${folder}/cpu.cfs_quota_us`]: quota, [`${folder}/cpu.cfs_period_us`]: period };
    expect(onSystem(8, { ...first, ...files })).toBe(wanted);
  }
});

test('the quota of another controller is not ours', () => {
  const file = '/sys/fs/cgroup/memory/box/cpu.cfs_quota_us';
  expect(onSystem(8, { ...first, [file]: '100000', [file.replace('quota', 'period')]: '100000' })).toBe(8);
});
