/** Letters of other scripts that look like a Latin one, by the Latin one they pass for. */
const lookAlikes: Readonly<Record<string, string>> = {
  a: 'аαɑ',
  b: 'ьƅ',
  c: 'сϲᴄ',
  d: 'ԁɗ',
  e: 'еєε',
  f: 'ғſ',
  g: 'ɡց',
  h: 'һհ',
  i: 'іιıɩӏǀᛁ',
  j: 'јϳ',
  k: 'кκᴋ',
  l: 'ⅼ',
  m: 'мᴍ',
  n: 'пηոɴ',
  o: 'оοօσᴏ',
  p: 'рρթ',
  q: 'ԛզ',
  r: 'гᴦʀ',
  s: 'ѕꜱ',
  t: 'тτᴛ',
  u: 'υսᴜ',
  v: 'νѵᴠ',
  w: 'ԝωᴡ',
  x: 'хχ',
  y: 'уγү',
  z: 'ᴢ',
  ':': 'ː꞉',
};
const latinOf: ReadonlyMap<string, string> = new Map(
  Object.entries(lookAlikes).flatMap(([latin, others]) => [...others].map((other) => [other, latin] as const)),
);

/**
 * A text as the eye reads it: lower case, accents and invisible characters gone, compatibility forms (full width,
 * mathematical letters) and look-alike letters of other scripts folded to Latin. For comparing, never for showing.
 */
export function skeleton(text: string): string {
  const folded = text
    .normalize('NFKD')
    .replace(/[\p{M}\p{Cf}]/gu, '')
    .toLowerCase()
    .normalize('NFKD');
  return [...folded.replace(/\p{M}/gu, '')].map((letter) => latinOf.get(letter) ?? letter).join('');
}

const digitLetters: Readonly<Record<string, string>> = { '0': 'o', '1': 'i', '3': 'e', '4': 'a', '5': 's', '7': 't' };

/**
 * The words of a text's skeleton, cut at separators and at camelCase, with digits read as the letters they stand in
 * for and `l` as `i`, which digits cannot tell apart; both sides of a comparison go through it.
 */
export function foldedWords(text: string): readonly string[] {
  const spaced = text.replace(/(\p{Ll})(\p{Lu})/gu, '$1 $2');
  return skeleton(spaced)
    .replaceAll('@', 'a')
    .split(/[^\p{L}\p{N}]+/u)
    .filter((word) => word !== '')
    .map((word) => [...word].map((letter) => (letter === 'l' ? 'i' : (digitLetters[letter] ?? letter))).join(''));
}
