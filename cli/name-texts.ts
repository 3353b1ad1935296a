/** What files of drawings are called when nobody named them: after the text and the seed. */

/** Of letters, so that a name of any alphabet, with all that is appended, is one that file systems take. */
const maxLength = 40;

/** A name for the pictures of each text, `a-red-heart-7.png`; the second of a name is `a-red-heart-7-2.png`. */
export function nameTexts(texts: readonly string[], seed: number): string[] {
  const taken = new Set<string>();
  return texts.map((text) => {
    const stem = `${slug(text)}-${seed}`;
    let name = stem;
    for (let copy = 2; taken.has(name); copy++) name = `${stem}-${copy}`;
    taken.add(name);
    return `${name}.png`;
  });
}

function slug(text: string): string {
  const words = text
    .normalize('NFC')
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N}]+/gu, '-');
  return Array.from(words).slice(0, maxLength).join('').replaceAll(/^-|-$/g, '') || 'picture';
}
