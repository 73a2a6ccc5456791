import { ModelFormatError } from './errors.ts';

/**
 * The pieces of a minified JavaScript literal: texts stay, `!0` and `!1` are true and false, a name before a colon gets
 * quotes and a fraction its zero, which makes it JSON.
 */
const LITERAL_PIECES = /"(?:[^"\\]|\\.)*"|![01]|[A-Za-z_$][\w$]*(?=:)|(?<![\d.])\.(?=\d)/g;

function asJson(literal: string): string {
  return literal.replace(LITERAL_PIECES, (piece) => {
    if (piece.startsWith('"')) return piece;
    if (piece === '!0') return 'true';
    if (piece === '!1') return 'false';
    return piece === '.' ? '0.' : `"${piece}"`;
  });
}

const START = '.exports=';
/** What browserify writes after the one module of a bundle. */
const END = '},{}]},{},[1])(1)});';

/**
 * Reads the value that a browserify bundle of one module exports: nsfwjs ships its models so, the graph as an object
 * and weights as base64 texts. Nothing of it is run.
 *
 * @param bundle the bundle's UTF-8 text; its module must be one literal of objects, lists, texts, numbers and switches
 * @throws {ModelFormatError} when it is something else
 */
export function readBrowserifyExport(bundle: Uint8Array): unknown {
  const text = Buffer.from(bundle).toString('utf8').trimEnd();
  const start = text.lastIndexOf(START);
  if (start < 0 || !text.endsWith(END)) throw new ModelFormatError('a bundle is not one browserify module');
  try {
    return JSON.parse(asJson(text.slice(start + START.length, -END.length)));
  } catch (cause) {
    throw new ModelFormatError('a bundle exports more than a literal', { cause });
  }
}

/**
 * Unpacks the weights that a bundle exports as a base64 text.
 *
 * @throws {ModelFormatError} when it exports something else
 */
export function readBrowserifyWeights(bundle: Uint8Array): Uint8Array {
  const value = readBrowserifyExport(bundle);
  if (typeof value !== 'string') throw new ModelFormatError('a bundle of weights exports no text');
  return new Uint8Array(Buffer.from(value, 'base64'));
}
