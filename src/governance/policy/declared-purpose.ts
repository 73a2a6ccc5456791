import { type Policy, type PurposeName, purposeNames, type RefusedClass } from './policy.ts';
import { foldedWords } from './skeleton.ts';

/** What a declared purpose turned out to be. */
export type DeclaredPurpose =
  | { readonly kind: 'ok'; readonly purpose: PurposeName }
  | { readonly kind: 'refused'; readonly refused: RefusedClass }
  | { readonly kind: 'unknown' };

/**
 * Reads a purpose that a tag, key or setting declares. Only the exact name of a purpose is one; a refused class is
 * known under many words, written in any way, and also as part of a longer text. Everything else is unknown.
 */
export function declaredPurpose(policy: Policy, text: string): DeclaredPurpose {
  const purpose = purposeNames.find((name) => name === text);
  if (purpose !== undefined) return { kind: 'ok', purpose };
  const words = foldedWords(text);
  const refused = policy.refused.find((row) => row.declaredAs.some((declared) => says(words, foldedWords(declared))));
  return refused === undefined ? { kind: 'unknown' } : { kind: 'refused', refused };
}

/** True when the words are the declared ones however they are spaced, or hold them one after the other. */
function says(words: readonly string[], declared: readonly string[]): boolean {
  if (words.join('') === declared.join('')) return true;
  return words.some((_, start) => declared.every((word, offset) => words[start + offset] === word));
}
