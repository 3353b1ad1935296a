/**
 * What kind of file these bytes are, judged by the bytes alone: names and content types lie. PNG, JPEG and
 * WebP are pictures we read; everything else is named in the error, with what to do about it.
 *
 * Pure: runs in Node and in the browser.
 */
import { FormatError } from '../base/errors.ts';
import { checkText } from '../base/check-argument.ts';
import { checkBytes } from './arguments.ts';

type ImageKind = 'png' | 'jpeg' | 'webp';

/** Bytes looked at for signatures and for the first words of a text. */
const HEAD_BYTES = 512;
const RESAVE = 'Open it in a picture viewer and save it as PNG or JPEG.';

/** Signatures over the first bytes, read as Latin-1; the first that matches wins. */
const KINDS: readonly (readonly [RegExp, ImageKind])[] = [
  [/^\x89PNG\r\n\x1a\n/, 'png'],
  [/^\xff\xd8\xff/, 'jpeg'],
  [/^RIFF[^]{4}WEBP/, 'webp'],
];

const STRANGERS: readonly (readonly [RegExp, string, string])[] = [
  [/^GIF8[79]a/, 'a GIF picture', RESAVE],
  [/^[^]{4}ftypavi[fs]/, 'an AVIF picture', RESAVE],
  [
    /^[^]{4}ftyp(hei[cxms]|hev[cxms]|mif1|msf1)/,
    'a HEIC picture',
    `${RESAVE} An iPhone takes JPEG with Settings, Camera, Formats, Most Compatible.`,
  ],
  [/^(\xff\x0a|\0\0\0\x0cJXL )/, 'a JPEG XL picture', RESAVE],
  [/^\0\0\0\x0cjP {2}/, 'a JPEG 2000 picture', RESAVE],
  [/^BM[^]{4}\0\0\0\0/, 'a BMP picture', RESAVE],
  [/^(II\*\0|MM\0\*)/, 'a TIFF or camera raw picture', RESAVE],
  [/^\0\0\x01\0/, 'an icon (ICO)', RESAVE],
  [/^%PDF-/, 'a PDF document', 'Export the page as PNG.'],
  [/^[^]{4}ftyp/, 'a video', 'Save one frame of it as PNG.'],
  [/^(PK\x03\x04|\x1f\x8b)/, 'an archive', 'Unpack it and name the picture inside.'],
  [/^\s*(<\?xml[^]*)?<svg/i, 'an SVG drawing', 'Export it as PNG in the size you want.'],
  [
    /^\s*<(!doctype|html|head|body|\?xml|!--)/i,
    'a web page (HTML)',
    'The address probably shows a page around the picture, or a log-in; copy the address of the picture itself.',
  ],
];

/**
 * `png`, `jpeg` or `webp`. Throws `E_IMAGE_CORRUPT` for no bytes at all and `E_IMAGE_KIND` for any other kind; `name`
 * says in the message where the bytes came from.
 */
export function sniffImage(bytes: Uint8Array, name = 'the picture'): ImageKind {
  checkBytes('sniffImage', bytes);
  checkText('sniffImage', 'a name', name);
  if (bytes.length === 0) {
    throw new FormatError(
      'E_IMAGE_CORRUPT',
      `sniffImage: wanted a PNG, JPEG or WebP picture, but ${name} is empty. A download or a pipe probably failed; ` +
        'make the file again.',
    );
  }
  const head = String.fromCharCode(...bytes.subarray(0, HEAD_BYTES)).replace(/^\xef\xbb\xbf/, '');
  const known = KINDS.find(([signature]) => signature.test(head));
  if (known) return known[1];
  const [what, advice] = describeStranger(head);
  throw new FormatError(
    'E_IMAGE_KIND',
    `sniffImage: wanted a PNG, JPEG or WebP picture, but ${name} is ${what}, whatever its name says. ` + advice,
  );
}

function describeStranger(head: string): [what: string, advice: string] {
  const stranger = STRANGERS.find(([signature]) => signature.test(head));
  if (stranger) return [stranger[1], stranger[2]];
  // Text has no control characters but tab and line ends; bytes over 127 may be UTF-8.
  if (/^[\t\r\n\x20-\x7e\x80-\xff]*$/.test(head)) {
    const start = new TextDecoder().decode(Uint8Array.from(head.slice(0, 40), (letter) => letter.charCodeAt(0)));
    return [`text that starts with ${JSON.stringify(start)}`, 'Check the path or the address.'];
  }
  return ['of no kind known here', 'It may be damaged or encrypted; check where it came from, then save it as PNG.'];
}
