/**
 * Files that people have under the name of a checkpoint and that are none: each with its code and what must be said.
 */

/** Characters of `content` are bytes. */
export const mistakenFiles: readonly [code: string, name: string, content: string, said: string][] = [
  ['E_FORMAT_UNKNOWN', 'empty', '', 'is empty'],
  ['E_FORMAT_UNKNOWN', 'a web page', '\n<!DOCTYPE html><html>', 'a web page'],
  ['E_FORMAT_UNKNOWN', 'a web page with a byte order mark', '\xef\xbb\xbf<html>', 'a web page'],
  ['E_FORMAT_UNKNOWN', 'a wget log', '--2021-03-01 10:00:00--  https://cdn.openai.com/', "wget's log"],
  ['E_FORMAT_UNKNOWN', 'text', 'hello', 'text, not a checkpoint; it begins "hello"'],
  ['E_LFS_POINTER', 'a pointer', 'version https://git-lfs.github.com/spec/v1\noid sha256:0', 'git lfs pull'],
  ['E_FORMAT_UNKNOWN', 'a tar file', `${'a'.repeat(257)}ustar`, 'tar archive'],
  ['E_FORMAT_UNKNOWN', 'gzip', '\x1f\x8b\x08\x00', 'gzip'],
  ['E_FORMAT_UNKNOWN', 'a PNG', '\x89PNG\r\n\x1a\n', 'PNG'],
  ['E_FORMAT_UNKNOWN', 'noise', '\x00\x01\x02\x03', '00 01 02 03'],
  ['E_FORMAT_UNKNOWN', 'a pickle without torch', '\x80\x04N.', 'not one that torch.save wrote'],
  ['E_ZIP_TRUNCATED', 'the start of a zip', 'PK\x03\x04'.padEnd(200, '\x00'), 'cut short'],
];
