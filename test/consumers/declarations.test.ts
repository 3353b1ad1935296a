/**
 * The declarations of the built package compile in a strict program that checks libraries too, whatever it has of the
 * platform. `npm run consumers` does the same with the packed package and every TypeScript from 5.4 on.
 */
import { fileURLToPath } from 'node:url';
import ts from 'typescript';
import { expect, test } from 'vitest';

const consumer = fileURLToPath(new URL('consumer.mts', import.meta.url));

/** What TypeScript says, a line each. The package's own name leads to its own `dist`. */
function compile(libraries: readonly string[], types: string[]): string[] {
  const program = ts.createProgram([consumer], {
    strict: true,
    skipLibCheck: false,
    noEmit: true,
    target: ts.ScriptTarget.ES2022,
    module: ts.ModuleKind.NodeNext,
    lib: libraries.map((name) => `lib.${name}.d.ts`),
    types,
  });
  return ts.getPreEmitDiagnostics(program).map(({ file, messageText }) => {
    return `${file?.fileName ?? 'no file'}: ${ts.flattenDiagnosticMessageText(messageText, '\n')}`;
  });
}

test.each([
  { libraries: ['es2022'], types: [] },
  { libraries: ['es2022'], types: ['node'] },
  { libraries: ['es2022', 'dom'], types: [] },
])('lib $libraries and types $types', ({ libraries, types }) => {
  expect(compile(libraries, types)).toEqual([]);
});

test('what no library has is noticed', () => {
  expect(compile(['es5'], []).length).toBeGreaterThan(0);
});
