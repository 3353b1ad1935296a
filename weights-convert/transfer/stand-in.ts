/**
 * What people get in the place of a file: an error page, a Git-LFS pointer, wget's log, nothing. The first bytes tell,
 * so a download can be refused before it is here.
 */
import { FormatError } from '../../base/errors.ts';

/**
 * Why these first bytes of something are no checkpoint, whatever follows: `E_LFS_POINTER` or `E_FORMAT_UNKNOWN`;
 * undefined if they may begin one.
 *
 * @param where begins the message, as in `download: https://example.org/encoder.pkl`
 */
export function describeStandIn(head: Uint8Array, where: string): FormatError | undefined {
  const text = decodeHead(head);
  if (text.startsWith('version https://git-lfs')) {
    const advice = 'run `git lfs pull` in the repository, or download the file itself';
    return new FormatError('E_LFS_POINTER', `${where} is a Git-LFS pointer, not the file it points to: ${advice}.`);
  }
  const what = head.length === 0 ? 'empty. The download failed before it began; fetch it again' : describePage(text);
  return what === undefined ? undefined : new FormatError('E_FORMAT_UNKNOWN', `${where} is ${what}.`);
}

/** A letter for each byte. Not TextDecoder: its `latin1` is windows-1252, with letters beyond 0xff. */
export function decodeHead(head: Uint8Array): string {
  return String.fromCharCode(...head);
}

/** The text without white space and byte-order mark before it; undefined if it is binary data. */
export function trimText(text: string): string | undefined {
  return /[^\t\n\r\x20-\xff]/.test(text) ? undefined : text.replace(/^[\s\u00ef\u00bb\u00bf]+/, '');
}

function describePage(text: string): string | undefined {
  const start = trimText(text) ?? '';
  if (/^<(!doctype|html|head|body|\?xml)/i.test(start)) {
    return 'a web page: the server sent an error or a download page instead of the file; open the address in a browser';
  }
  if (/^--\d{4}-\d\d-\d\d|^Resolving |HTTP request sent/.test(start)) {
    return "wget's log: `wget -o` names the log, `-O` the download; fetch it again with `-O`";
  }
  return undefined;
}
