/** `help`, `--help` and `--version` in all the ways people ask for them. */
import { expect, test } from 'vitest';
import { readPackageVersion } from '../base/node/package-files.ts';
import { runCaptured } from '../test/helpers/captured-terminal.ts';
import { commands } from './command-line.ts';

async function read(...words: string[]): Promise<string> {
  const { exitCode, stdout, stderr } = await runCaptured(words);
  expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
  return stdout.toString();
}

test('help of the program', async () => {
  const help = await read('--help');
  expect(help).toMatch(/^Example:\n {2}dalle-gl reconstruct /);
  expect(help).toMatch(/dalle-gl help <command> tells more; [^\n]+\n$/);
  for (const words of [['help'], ['-h'], ['help', '--help'], ['help', '-h'], ['help', 'help'], ['--json', '--help']]) {
    expect(await read(...words)).toBe(help);
  }
});

test.each(commands.map(({ name }) => name))('help of %s, in any place', async (name) => {
  const help = await read('help', name);
  expect(help).toMatch(new RegExp(`^Example:\n {2}dalle-gl ${name}`));
  expect(await read(name, '--help')).toBe(help);
  expect(await read(name, 'some', 'words', '--unknown', '-h')).toBe(help);
});

test('-v is --version, in any place', async () => {
  const version = `dalle-gl ${readPackageVersion()}, Node ${process.versions.node}\n`;
  for (const words of [['-v'], ['--version'], ['generate', '-v'], ['help', '-v']]) {
    expect(await read(...words)).toBe(version);
  }
});

test('--json behind -- is a word, and a word is not told at length', async () => {
  for (const words of [['decode', '--', '--json'], ['x'.repeat(100_000)], ['help', 'x'.repeat(100_000)]]) {
    const { exitCode, stdout, stderr } = await runCaptured(words);
    expect({ exitCode, stdout: stdout.toString() }).toEqual({ exitCode: 2, stdout: '' });
    expect(stderr.length).toBeLessThan(400);
  }
});

test.each([
  [['help', 'generat'], 'E_COMMAND_UNKNOWN', 'there is no command generat. Did you mean generate?'],
  [['generat', '--help'], 'E_COMMAND_UNKNOWN', 'Did you mean generate?'],
  [['halp'], 'E_COMMAND_UNKNOWN', 'Did you mean help?'],
  [
    ['help', 'me', 'please'],
    'E_OPERAND',
    'help: wanted one command, or none, got me please. See: dalle-gl help --help',
  ],
  [['help', '--verbose'], 'E_FLAG_UNKNOWN', 'no flag --verbose'],
  [['--quiet', 'generate', 'x'], 'E_COMMAND_MISSING', 'the first word is --quiet; flags come behind it'],
  [['generate', '-o', 'x.png', '--', '--help', '-v', 'x'], 'E_OUTPUT_NAME', 'the pictures of 3 texts'],
])('%j is refused', async (words, code, says) => {
  const { exitCode, stdout, stderr } = await runCaptured(words);
  expect({ exitCode, stdout: stdout.toString() }).toEqual({ exitCode: 2, stdout: '' });
  expect(stderr).toContain(says);
  expect(stderr).toContain(`(${code})`);
});
