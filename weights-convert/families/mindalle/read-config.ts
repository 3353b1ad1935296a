/**
 * The `config.yaml` beside minDALL-E's checkpoints: keys and plain values by indentation, lists of plain values in
 * brackets, comments. That is all that such files have; anything else of YAML is refused, and nothing of it is built.
 */
import { FormatError } from '../../../base/errors.ts';
import type { DictRecord, PickleValue } from '../../pickle/records.ts';
import { dict, list } from '../../pickle/build-records.ts';
import type { SavedSettings } from '../family.ts';

/** As many keys as no such file has. */
const MAX_LINES = 2000;

/** A key of the first level that says which file it is. */
const MARK = /^stage2:[ \t]*(#.*)?$/m;

/** The keys of the first level with what is under them; undefined for a text that is another's. */
export function readConfig(text: string): SavedSettings | undefined {
  if (!MARK.test(text)) return undefined;
  const lines = text.split(/\r?\n/);
  if (lines.length > MAX_LINES) throw configError(lines.length, 'is beyond what any such file has');
  const root: DictRecord = dict([]);
  // The dictionaries that the next line may belong to, the innermost last.
  const open: { readonly indent: number; readonly entries: DictRecord }[] = [{ indent: 0, entries: root }];
  let expected: DictRecord | undefined;
  lines.forEach((line, index) => {
    const [, indent = '', key, given = ''] = /^( *)([A-Za-z_]\w*):(?:[ \t]+(.*))?[ \t]*$/.exec(line) ?? [];
    if (key === undefined) {
      if (/^[ \t]*(#.*)?$/.test(line)) return;
      throw configError(index + 1, 'is no key with a value');
    }
    if (expected && indent.length > open.at(-1)!.indent) open.push({ indent: indent.length, entries: expected });
    while (open.at(-1)!.indent > indent.length) open.pop();
    const { indent: found, entries } = open.at(-1)!;
    if (found !== indent.length) throw configError(index + 1, 'is indented as no key before it');
    if (entries.entries.some(([other]) => other === key)) throw configError(index + 1, 'has a key for the second time');
    const value = given.replace(/(^|[ \t]+)#.*$/, '').trim();
    expected = value === '' ? dict([]) : undefined;
    entries.entries.push([key, expected ?? readValue(value, index + 1)]);
  });
  return new Map(root.entries as [string, PickleValue][]);
}

function readValue(text: string, line: number): PickleValue {
  const [, items] = /^\[(.*)\]$/.exec(text) ?? [];
  if (items === undefined) return readPlain(text, line);
  return list(items.trim() === '' ? [] : items.split(',').map((item) => readPlain(item.trim(), line)));
}

function readPlain(text: string, line: number): PickleValue {
  if (/^[-+]?\d+(\.\d*)?([eE][-+]?\d+)?$/.test(text)) return Number(text);
  if (/^(true|false)$/i.test(text)) return text.toLowerCase() === 'true';
  if (/^(null|~)$/i.test(text)) return null;
  const [, quoted] = /^(["'])([^"'\\]*)\1$/.exec(text) ? [text, text.slice(1, -1)] : [];
  if (quoted !== undefined) return quoted;
  if (/^[A-Za-z0-9_./][\w ./-]*$/.test(text)) return text;
  throw configError(line, 'has a value that is no number, word, true or false, and no list of such');
}

function configError(line: number, what: string): FormatError {
  return new FormatError(
    'E_ARCHITECTURE',
    `readConfig: this looks like the config.yaml of minDALL-E, and its line ${line} ${what}. Name the one that came with the ` +
      'checkpoint, or leave it out: the published model needs none.',
  );
}
