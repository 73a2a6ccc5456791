import type { DocumentStore } from '../../stores/ports/index.ts';
import {
  type CandidateEnds,
  type KeptCandidate,
  type KeptCase,
  mostCandidates,
  type NewCandidate,
  type NewCase,
} from './case.ts';
import { putCase, putPending, putPictures } from './case-book.ts';
import type { CropStore } from './crops.ts';
import { bareJpeg } from './jpeg.ts';
import type { SeedDrawer } from './seeds.ts';

/** What opening cases needs. */
export interface OpeningParts {
  readonly documents: DocumentStore;
  readonly crops: Pick<CropStore, 'of'>;
  readonly seeds: SeedDrawer;
  /** Milliseconds since 1970. */
  readonly clock: () => number;
  /** A fresh random id. */
  readonly ids: () => string;
  /** 0..1, 1 excluded. */
  readonly random: () => number;
  /** How many of the cases that can be seeded are, 0..1. */
  readonly seedShare: number;
  /** How long a case waits for its reviewers. */
  readonly waitMs: (purpose: string) => number;
}

interface Pictured extends Omit<KeptCandidate, 'candidateId'> {
  readonly picture: string | undefined;
}

/**
 * Opens a case, with or without candidates: every search that could need review gets one, so that its id tells
 * nothing. Durable when it resolves.
 */
export async function openCase(request: NewCase, parts: OpeningParts): Promise<{ readonly caseId: string }> {
  const { documents, clock, ids, random } = parts;
  const candidates: Pictured[] = await Promise.all(
    request.candidates.slice(0, mostCandidates).map(async (candidate) => {
      const { similarity, box, minor } = candidate;
      return {
        ...endsOf(candidate),
        similarity,
        ...(minor && { minor }),
        ...(box && { box }),
        picture: await pictureOf(request.collectionId, candidate, parts.crops),
      };
    }),
  );
  const probe = request.probe.crop && base64Of(request.probe.crop);
  // Drawn in any case, so that a draw says nothing about the candidates.
  const isDrawn = random() < parts.seedShare;
  // A seed always has a crop: among candidates without one it would stand out.
  const isSeedable = probe !== undefined && candidates.every(({ picture }) => picture !== undefined);
  const place = Math.floor(random() * (candidates.length + 1));
  if (isDrawn && isSeedable && request.isNonMatch && request.collectionId !== undefined) {
    const taken = [...candidates, endsOf(request.probe)];
    const crop = await parts.seeds.draw(request.collectionId, taken, request.isNonMatch);
    if (crop !== undefined) {
      candidates.splice(place, 0, { ...endsOf(crop), similarity: 0, seed: true, picture: crop.jpeg });
    }
  }

  const caseId = ids();
  const openedAtMs = clock();
  const named = candidates.map((candidate) => ({ ...candidate, candidateId: ids() }));
  const { hash } = request.probe;
  const kept: KeptCase = {
    caseId,
    kind: request.kind,
    operation: request.operation,
    purpose: request.purpose,
    ...(request.collectionId !== undefined && { collectionId: request.collectionId }),
    ...(request.collectionCreatedAtMs !== undefined && { collectionCreatedAtMs: request.collectionCreatedAtMs }),
    requestedBy: request.requestedBy,
    threshold: request.threshold,
    model: request.model,
    probe: { ...endsOf(request.probe), ...(hash !== undefined && { hash }) },
    openedAtMs,
    expiresAtMs: openedAtMs + parts.waitMs(request.purpose),
    state: 'open',
    candidates: named.map(({ picture: _, ...candidate }) => candidate),
    released: [],
    conflicts: 0,
    ...(request.pending && { pending: true }),
    ...(request.enrols && { enrols: endsOf(request.enrols) }),
  };
  const pictures = named.flatMap(({ candidateId, picture }) => (picture === undefined ? [] : [[candidateId, picture]]));
  await documents.change((change) => {
    putCase(change, kept);
    putPictures(change, caseId, {
      ...(probe !== undefined && { probe }),
      candidates: Object.fromEntries(pictures) as Record<string, string>,
    });
    if (request.pending) putPending(change, caseId, request.pending);
  });
  request.notes?.reviewCase(caseId);
  request.notes?.count('casesOpened', 1);
  return { caseId };
}

async function pictureOf(
  collectionId: string | undefined,
  candidate: Pick<NewCandidate, 'crop' | 'faceId'>,
  crops: Pick<CropStore, 'of'>,
): Promise<string | undefined> {
  const { crop, faceId } = candidate;
  if (crop !== undefined) return base64Of(crop);
  if ('crop' in candidate) return undefined;
  if (collectionId === undefined || faceId === undefined) return undefined;
  const kept = await crops.of(collectionId, faceId);
  return kept && Buffer.from(kept).toString('base64');
}

function base64Of(jpeg: Uint8Array): string {
  return Buffer.from(bareJpeg(jpeg)).toString('base64');
}

function endsOf({ faceId, userId, externalImageId }: CandidateEnds): CandidateEnds {
  return {
    ...(faceId !== undefined && { faceId }),
    ...(userId !== undefined && { userId }),
    ...(externalImageId !== undefined && { externalImageId }),
  };
}
