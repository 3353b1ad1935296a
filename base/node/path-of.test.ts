/** What is a path, what is downloaded, and what is neither. */
import { pathToFileURL } from 'node:url';
import { expect, test } from 'vitest';
import { pathOf } from './path-of.ts';

test.each([
  ['cat.png', 'cat.png'],
  ['-', '-'],
  ['a:b/c.png', 'a:b/c.png'],
  ['file:///tmp/cat.png', '/tmp/cat.png'],
  ['FILE:///tmp/cat.png', '/tmp/cat.png'],
  ['file:/tmp/cat.png', '/tmp/cat.png'],
  ['file://localhost/tmp/cat.png', '/tmp/cat.png'],
  ['file:///tmp/a%20b%23%C3%A9.png', '/tmp/a b#é.png'],
  [pathToFileURL('/tmp/100% #1?.png'), '/tmp/100% #1?.png'],
])('%s is the path %s', (source, path) => {
  expect(pathOf(source)).toBe(path);
});

test.each(['http://example.org/cat.png', 'HTTPS://example.org/cat.png', new URL('https://example.org')])(
  '%s is downloaded',
  (source) => {
    expect(pathOf(source)).toBeUndefined();
  },
);

test.each([
  ...['file://host/cat.png', 'file:///tmp/a%00b', 'file:///tmp/a%2fb', 'file:///tmp/%ff', 'file:///tmp/%zz'],
  ...['ftp://example.org/cat.png', 'https://me:secret@example.org/cat.png', 'http://', new URL('data:,x')],
])('%s is refused', (source) => {
  const refusal = { code: 'E_DOWNLOAD_ADDRESS', name: 'UsageError', message: expect.not.stringContaining('secret') };
  expect(() => pathOf(source)).toThrow(expect.objectContaining(refusal));
});
