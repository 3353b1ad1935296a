/**
 * Choices in a file of the cache, each under the name of what it was made for, so that they are made once and
 * tomorrow's run computes as today's. Node only. A file that cannot be read or written, or is another's, is no reason
 * to fail: the choice is then made anew.
 */
import { join } from 'node:path';
import { cacheFolder } from '../../base/node/cache-folder.ts';
import { writeWhole } from '../../base/node/output-files.ts';
import { checkOwnFolder, makeOwnFolder } from '../../base/node/own-folder.ts';
import { readOwnFile } from '../../base/node/read-own-file.ts';
import { parseJson } from '../../base/parse-json.ts';

/** A choice takes some hundred bytes, and a machine has a few drivers. */
const MAX_BYTES = 1024 * 1024;
/** Those made last stay: drivers and versions come and go. */
const MOST = 32;

/** A file of choices of one kind. */
export class ChoicesFile<Choice> {
  private readonly folder: string;
  private readonly path: string;
  private readonly isChoice: (value: unknown) => value is Choice;

  /** @param isChoice what is in the file may be of anyone, or of an earlier version */
  constructor(name: string, isChoice: (value: unknown) => value is Choice, folder: string = cacheFolder()) {
    this.folder = folder;
    this.path = join(folder, name);
    this.isChoice = isChoice;
  }

  /** The choice made before, if there is one. */
  async find(key: string): Promise<Choice | undefined> {
    return new Map(await this.read()).get(key);
  }

  async keep(key: string, choice: Choice): Promise<void> {
    const others = (await this.read()).filter(([name]) => name !== key).slice(1 - MOST);
    const choices = Object.fromEntries([...others, [key, choice]]);
    try {
      await makeOwnFolder(this.folder);
      await writeWhole(this.path, Buffer.from(`${JSON.stringify(choices, null, 2)}\n`), { follow: false });
    } catch {
      // A read-only home, a full disk, or a folder that others can write to: it is chosen again next time.
    }
  }

  private async read(): Promise<[string, Choice][]> {
    try {
      checkOwnFolder(this.folder);
      const parsed: unknown = parseJson((await readOwnFile(this.path, MAX_BYTES)) ?? '');
      return Object.entries(parsed as object).filter((entry): entry is [string, Choice] => this.isChoice(entry[1]));
    } catch {
      return [];
    }
  }
}
