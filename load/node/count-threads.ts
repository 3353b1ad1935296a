/**
 * How many threads may compute here: as many as this process may run at once, and no more than its share of the
 * machine. A container's share is a quota of its control group, which `os.availableParallelism()` does not know in
 * Node 20: threads beyond it are stopped in turns, and the others wait for them. Linux, cgroups(7), versions 1 and 2.
 */
import { readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { posix } from 'node:path';

/** Where the answers come from. */
interface System {
  /** Processors that this process may run on. */
  readonly processors: number;
  /** The text of a file; undefined where it cannot be read. */
  read(path: string): string | undefined;
}

const thisSystem: System = { processors: availableParallelism(), read: readText };

/** At least 1. */
export function countThreads({ processors, read }: System = thisSystem): number {
  const groups = (read('/proc/self/cgroup') ?? '').split('\n').flatMap(parseGroup);
  const quotas = groups.flatMap(({ mounts, path, version }) => {
    return mounts.flatMap((mount) => listFolders(mount, path).flatMap((folder) => readers[version](folder, read)));
  });
  return Math.max(1, Math.floor(Math.min(processors, ...quotas)));
}

interface Group {
  readonly version: 1 | 2;
  /** Where the system usually shows it. */
  readonly mounts: readonly string[];
  /** From the mount. In a container that may be the host's path, of which only the root is seen. */
  readonly path: string;
}

const root = '/sys/fs/cgroup';

/** `0::/user.slice` of version 2; `4:cpu,cpuacct:/docker/…` of version 1. */
function parseGroup(line: string): Group[] {
  const [, controllers, path] = /^\d+:([^:]*):(\/.*)$/.exec(line) ?? [];
  if (controllers === undefined || path === undefined) return [];
  if (controllers === '') return [{ version: 2, mounts: [root, `${root}/unified`], path }];
  if (!controllers.split(',').includes('cpu')) return [];
  return [{ version: 1, mounts: [`${root}/${controllers}`, `${root}/cpu`], path }];
}

/** A group's folder and those above it: the least quota of them all holds. */
function listFolders(mount: string, path: string): string[] {
  const folders: string[] = [];
  for (let at = posix.normalize(path); ; at = posix.dirname(at)) {
    folders.push(at === '/' ? mount : mount + at);
    if (at === '/') return folders;
  }
}

/** Processors' worth of time in a group's folder; none where it has no quota. */
const readers: Readonly<Record<1 | 2, (folder: string, read: System['read']) => number[]>> = {
  1: (folder, read) => toQuota(read(`${folder}/cpu.cfs_quota_us`), read(`${folder}/cpu.cfs_period_us`)),
  2: (folder, read) => {
    const [quota, period] = (read(`${folder}/cpu.max`) ?? '').trim().split(/\s+/);
    return toQuota(quota, period);
  },
};

/** No quota is `max` in version 2 and -1 in version 1. */
function toQuota(quota = '', period = ''): number[] {
  const share = Number.parseInt(quota, 10) / Number.parseInt(period, 10);
  return share > 0 && Number.isFinite(share) ? [share] : [];
}

function readText(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}
