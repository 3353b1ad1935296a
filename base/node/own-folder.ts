/**
 * Folders that nobody else writes to, so that what lies in them was put there by this user: the cache may be wanted in
 * a place like /tmp, where others can make folders and links before us. Node only; where there are no user numbers, as
 * on Windows, nothing is checked.
 */
import { chmodSync, lstatSync, statSync, type Stats } from 'node:fs';
import { DalleError } from '../errors.ts';
import { makeFolder } from './make-folder.ts';

const GROUP_WRITES = 0o020;
const OTHERS_WRITE = 0o002;
const SET_GROUP = 0o2000;

/** Makes a folder and those above it, for this user alone; throws as `checkOwnFolder`, and what the system throws. */
export async function makeOwnFolder(folder: string): Promise<void> {
  makeFolder(folder, 0o700);
  checkOwnFolder(folder);
}

/**
 * Looks at a folder that may be there. Earlier versions left the group's permission to write where the user's settings
 * give it: that is taken back.
 *
 * @throws DalleError `E_CACHE_UNSAFE` if it is another user's, or others may write into it
 */
export function checkOwnFolder(folder: string): void {
  const link = lookAt(() => lstatSync(folder));
  if (link === undefined || process.geteuid === undefined) return;
  const stats = link.isSymbolicLink() ? lookAt(() => statSync(folder)) : link;
  if (!isOwn(link) || !stats || !isOwn(stats)) throw unsafeFolder(folder, 'belongs to another user');
  if (!stats.isDirectory()) return; // whoever wants it for a folder will say so
  if ((stats.mode & OTHERS_WRITE) !== 0 || (stats.mode & SET_GROUP && stats.mode & GROUP_WRITES)) {
    throw unsafeFolder(folder, 'may be written to by others');
  }
  if ((stats.mode & GROUP_WRITES) !== 0) tighten(folder, stats);
}

/** Whether it is this user's, or root's, who may do anything anyway. */
export function isOwn({ uid }: Stats): boolean {
  return process.geteuid === undefined || uid === process.geteuid() || uid === 0;
}

function tighten(folder: string, { mode }: Stats): void {
  try {
    chmodSync(folder, mode & 0o7755);
  } catch {
    throw unsafeFolder(folder, 'may be written to by its group');
  }
}

function lookAt(look: () => Stats): Stats | undefined {
  try {
    return look();
  } catch {
    return undefined;
  }
}

function unsafeFolder(folder: string, what: string): DalleError {
  return new DalleError(
    'E_CACHE_UNSAFE',
    `checkOwnFolder: the cache ${folder} ${what}, so nothing is read from it or written into it. Set DALLE_GL_CACHE to a ` +
      'folder of your own, or make this one yours and take the permission of others away: chmod go-w.',
  );
}
