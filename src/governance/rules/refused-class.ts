import type { RefusedClass } from '../policy/index.ts';

/** What a client reads when it declared a refused class: the rule, its name, where to read it. */
export function refusedClassWords(refused: RefusedClass): string {
  return `${refused.rule} No setting changes this. Rule: ${refused.id}; see ${refused.readAt}.`;
}
