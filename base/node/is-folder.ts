/** Whether a path leads to a folder. Whatever else is the matter with it, opening it says. */
import { statSync } from 'node:fs';

export function isFolder(path: string): boolean {
  try {
    return statSync(path).isDirectory();
  } catch {
    return false; // nothing there, links in a circle, a name that is too long, a folder above it that is closed
  }
}
