import type { DocumentChange, DocumentStore, DocumentView, KeptDocument } from '../../stores/ports/index.ts';
import { documentSource } from '../retention/document-source.ts';
import { belongsTo, type ErasureSource, type ErasureTarget, type HeldThing } from '../retention/erasure-source.ts';
import type { CannotLink, LinkEnd } from './cannot-links.ts';
import type { CandidateEnds, KeptCase } from './case.ts';
import { findPictures, pageSize, putCase, putPictures, putReview, reviewsOf } from './case-book.ts';
import { facePrefix, type KeptCrop } from './crops.ts';
import { forgetCase, measureDueMs } from './decide.ts';
import type { MinorMark } from './minors.ts';
import { unpadded } from './padding.ts';

type Held = Omit<HeldThing, 'what'>;

/**
 * What the review room keeps of people: crops, cases, cannot-links, marks of minors.
 *
 * @param parts.forget told when links or marks were removed behind the caches
 */
export function reviewErasureSources(parts: {
  readonly documents: DocumentStore;
  readonly forget: () => void;
}): readonly ErasureSource[] {
  const { documents, forget } = parts;
  const links = documentSource({
    documents,
    kind: 'cannot-link',
    name: 'cannot-links',
    what: 'cannot-link',
    heldIn: ({ body }) => {
      const { collectionId, purpose, one, other, setAtMs } = body as CannotLink;
      return [one, other].flatMap((end) => heldBy(endsOf(end), { collectionId, purpose, storedAtMs: setAtMs }));
    },
  });
  const crops = documentSource({
    documents,
    kind: 'crop',
    name: 'crops',
    what: 'crop',
    heldIn: ({ id, body }) => {
      if (!id.startsWith(facePrefix)) return [];
      const { collectionId, purpose, storedAtMs, ...ends } = unpadded<KeptCrop>(body);
      return heldBy(ends, { collectionId, purpose, storedAtMs });
    },
  });
  return [
    crops,
    caseSource(documents),
    withheld(forgetting(links, forget)),
    forgetting(minorSource(documents), forget),
  ];
}

/** A mark under every purpose protects beyond the erasure under one, so it goes only with all of them. */
function minorSource(documents: DocumentStore): ErasureSource {
  const marksOf = (isWanted: (mark: MinorMark) => boolean): ErasureSource =>
    documentSource({
      documents,
      kind: 'minor',
      name: 'minor marks',
      what: 'minor mark',
      heldIn({ body }: KeptDocument) {
        const mark = body as MinorMark;
        const { purpose, subject, setAtMs } = mark;
        return isWanted(mark) ? [{ ...(purpose !== '*' && { purpose }), subject, storedAtMs: setAtMs }] : [];
      },
    });
  const ofOnePurpose = marksOf(({ purpose }) => purpose !== '*');
  const all = marksOf(() => true);
  // A mark is of a purpose, not of a collection.
  const chosen = (target: ErasureTarget): ErasureSource | undefined => {
    if (target.kind !== 'subject' || target.collectionId !== undefined) return undefined;
    return target.purpose === undefined ? all : ofOnePurpose;
  };
  return {
    name: all.name,
    count: async (target) => (await chosen(target)?.count(target)) ?? [{ kind: all.name, count: 0 }],
    erase: async (target) => chosen(target)?.erase(target),
    held: () => ofOnePurpose.held(),
  };
}

/** Takes people out of cases: as candidates they leave, with their pictures and what was judged of them; a case whose probe they are goes whole. */
function caseSource(documents: DocumentStore): ErasureSource {
  const name = 'cases';
  return {
    name,
    count: (target) =>
      documents.read((view) => [
        { kind: name, count: [...allCases(view)].filter((kept) => isIn(kept, target)).length, isWithheld: true },
      ]),
    async erase(target) {
      const changed = await documents.change((change) => {
        const found = [...allCases(change)].filter((kept) => isIn(kept, target));
        for (const kept of found) takeOut(change, kept, target);
        return found.length > 0;
      });
      if (changed) await documents.scrub();
    },
    async *held() {
      const found = await documents.read((view) => [...allCases(view)].flatMap(heldInCase));
      for (const held of found) yield { what: 'case', ...held, isWithheld: true };
    },
  };
}

function takeOut(change: DocumentChange, kept: KeptCase, target: ErasureTarget): void {
  const leaves = (ends: CandidateEnds): boolean => heldBy(ends, about(kept)).some((held) => belongsTo(held, target));
  // An enrolment shows and holds whom it enrols, so nothing of it may stay.
  if (target.kind === 'collection' || leaves(kept.probe) || (kept.enrols && leaves(kept.enrols))) {
    forgetCase(change, kept.caseId);
    return;
  }
  const stay = <Ends extends CandidateEnds>(all: readonly Ends[]): readonly Ends[] =>
    all.filter((ends) => !leaves(ends));
  const gone = new Set([...kept.candidates, ...kept.released].filter(leaves).map(({ candidateId }) => candidateId));
  putCase(change, {
    ...kept,
    candidates: stay(kept.candidates),
    released: stay(kept.released),
    ...(kept.found && { found: stay(kept.found) }),
  });
  if (kept.state === 'open') {
    const { candidates, ...pictures } = findPictures(change, kept.caseId);
    const left = Object.entries(candidates).filter(([candidateId]) => !gone.has(candidateId));
    putPictures(change, kept.caseId, { ...pictures, candidates: Object.fromEntries(left) });
  }
  for (const { reviewId, ...review } of reviewsOf(change, kept.caseId)) {
    const decisions = review.decisions.filter(({ candidateId }) => !gone.has(candidateId));
    putReview(change, reviewId, { ...review, decisions }, measureDueMs(review));
  }
}

function* allCases(view: DocumentView): Generator<KeptCase> {
  for (let afterId = ''; ; ) {
    const page = view.list('case', { afterId, limit: pageSize });
    for (const { body } of page) yield unpadded<KeptCase>(body);
    const last = page.at(-1);
    if (last === undefined || page.length < pageSize) return;
    afterId = last.id;
  }
}

function isIn(kept: KeptCase, target: ErasureTarget): boolean {
  if (target.kind === 'collection') return kept.collectionId === target.collectionId;
  return heldInCase(kept).some((held) => belongsTo(held, target));
}

function heldInCase(kept: KeptCase): readonly Held[] {
  const { probe, candidates, released, found = [], enrols } = kept;
  const all: readonly CandidateEnds[] = [probe, ...candidates, ...released, ...found, ...(enrols ? [enrols] : [])];
  return all.flatMap((ends) => heldBy(ends, about(kept)));
}

function about({ collectionId, purpose, openedAtMs }: KeptCase): Held {
  return { purpose, storedAtMs: openedAtMs, ...(collectionId !== undefined && { collectionId }) };
}

/** A face under its names: its ExternalImageId and its user are subjects; without the first it is one itself. */
function heldBy({ externalImageId, userId, faceId }: CandidateEnds, place: Held): readonly Held[] {
  const face = faceId === undefined ? {} : { faceId };
  const subjects = [externalImageId, userId].filter((subject) => subject !== undefined);
  if (subjects.length > 0) return subjects.map((subject) => ({ ...place, ...face, subject }));
  return faceId === undefined ? [] : [{ ...place, ...face }];
}

function endsOf(end: LinkEnd): CandidateEnds {
  return 'hash' in end ? {} : end;
}

/** Reviewers set links too, and who searched must not learn of it. */
function withheld(source: ErasureSource): ErasureSource {
  return {
    ...source,
    count: async (target) => (await source.count(target)).map((held) => ({ ...held, isWithheld: true as const })),
    async *held() {
      for await (const held of source.held()) yield { ...held, isWithheld: true };
    },
  };
}

function forgetting(source: ErasureSource, forget: () => void): ErasureSource {
  return {
    ...source,
    async erase(target) {
      await source.erase(target);
      forget();
    },
  };
}
