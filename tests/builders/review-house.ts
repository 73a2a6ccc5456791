import { createHash, randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { loadConfig } from '../../src/config/index.ts';
import type {
  BuiltOperationName,
  OwnOperationName,
  OwnRequestOf,
  OwnResponseOf,
  RequestOf,
  ResponseOf,
} from '../../src/contract/index.ts';
import type { Answer, Caller } from '../../src/governance/index.ts';
import type { RoleName } from '../../src/shared/role-names.ts';
import type { EmbeddedFace } from '../../src/vision/index.ts';
import { faceModels } from '../../src/vision/index.ts';
import { noVision, type VisionPool } from '../../src/vision/workers/index.ts';
import { type WiredHouse, wire } from './open-house.ts';

/** What a test photo shows: people by name, and which photo of them it is. */
export interface Shown {
  readonly person: string;
  /** Photos of one person differ a little; default 0. */
  readonly photo?: number;
}

/** A photo that the fake pool reads. */
export function photoOf(...shown: readonly (string | Shown)[]): { readonly Bytes: Uint8Array } {
  const faces = shown.map((one) => (typeof one === 'string' ? { person: one } : one));
  return { Bytes: Buffer.from(JSON.stringify(faces)) };
}

/** A template like an embedder's: each person has a direction, each photo turns it a little. */
function templateOf({ person, photo = 0 }: Shown, dimensions: number): Float32Array {
  const direction = noise(`person ${person}`, dimensions);
  const turn = noise(`photo ${photo} of ${person}`, dimensions);
  return unit(direction.map((value, i) => value + 0.08 * (turn[i] ?? 0)));
}

function noise(seed: string, dimensions: number): Float32Array {
  const vector = new Float32Array(dimensions);
  for (let i = 0; i < dimensions; i += 1) {
    const digest = createHash('sha256').update(`${seed} ${i}`).digest();
    vector[i] = digest.readUInt32LE(0) / 2 ** 31 - 1 + digest.readUInt32LE(4) / 2 ** 31 - 1;
  }
  return unit(vector);
}

function unit(vector: Float32Array): Float32Array {
  const length = Math.hypot(...vector);
  return vector.map((value) => value / length);
}

/** A pool that sees in a photo just what it says. */
export async function scriptedVision(): Promise<VisionPool & { readonly crops: number[] }> {
  const { current, calibration } = faceModels('accurate');
  const { dimensions } = calibration(current);
  const jpeg = await sharp({ create: { width: 192, height: 192, channels: 3, background: '#808080' } })
    .jpeg()
    .toBuffer();
  const crops: number[] = [];
  const facesOf = (bytes: Uint8Array): EmbeddedFace[] =>
    (JSON.parse(Buffer.from(bytes).toString()) as Shown[]).map((shown, i) => ({
      box: { left: 0.05 + 0.2 * i, top: 0.1, width: 0.15, height: 0.3 },
      confidence: 99,
      landmarks: [],
      pose: { roll: 0, yaw: 0, pitch: 0 },
      quality: { brightness: 80, sharpness: 80 },
      attributes: {},
      template: templateOf(shown, dimensions),
    }));
  return {
    ...noVision(),
    crops,
    async detect({ bytes }, { maxFaces }) {
      return { width: 1000, height: 1000, faces: facesOf(bytes).slice(0, maxFaces) };
    },
    async embed({ bytes }, { maxFaces }) {
      const faces = facesOf(bytes);
      const rejected = faces.slice(maxFaces).map(({ template: _, ...face }) => face);
      return {
        width: 1000,
        height: 1000,
        accepted: faces.slice(0, maxFaces),
        rejected: rejected.map((face) => ({ ...face, reasons: ['EXCEEDS_MAX_FACES'] as const })),
      };
    },
    async crop(_image, { boxes }) {
      crops.push(boxes.length);
      return boxes.map(() => new Uint8Array(jpeg));
    },
  };
}

/** One person's way in. */
export interface Person {
  readonly caller: Caller;
  /** Sends a Rekognition request through the gate. */
  ask<Name extends BuiltOperationName>(
    name: Name,
    request: RequestOf<Name>,
  ): Promise<{ response: ResponseOf<Name>; headers: Answer['headers'] }>;
  /** One of Likeness' own operations. */
  own<Name extends OwnOperationName>(name: Name, request: OwnRequestOf<Name>): Promise<OwnResponseOf<Name>>;
}

/** A whole server with a scripted pool, and people of every role. */
export interface ReviewHouse {
  readonly house: WiredHouse;
  readonly vision: Awaited<ReturnType<typeof scriptedVision>>;
  /** Admin, enroller and searcher: the first person. */
  readonly operator: Person;
  /** Searchers without any other role; budgets are counted for each. */
  readonly searchers: readonly Person[];
  readonly reviewers: readonly Person[];
  readonly auditor: Person;
  /** A caller of a person with other limits. */
  as(person: string, changes?: Partial<Caller>): Person;
  /** A collection of a purpose, with people in it under their own names and an active consent. */
  collection(id: string, purpose: string, people?: readonly string[]): Promise<void>;
  consent(subject: string, purpose: string): Promise<void>;
  /** Both reviewers say the same of every candidate of a case. */
  review(caseId: string, verdict: 'same' | 'different' | 'cannot-tell'): Promise<void>;
  close(): Promise<void>;
}

const searcherNames = Array.from({ length: 60 }, (_, i) => `searcher-${i}`);

/** Opens the house over a fresh folder. */
export async function openReviewHouse(env: Readonly<Record<string, string>> = {}): Promise<ReviewHouse> {
  const folder = mkdtempSync(join(tmpdir(), 'likeness-review-'));
  const config = loadConfig({
    env: {
      LIKENESS_DATA_DIR: join(folder, 'data'),
      LIKENESS_TRUST_DIR: join(folder, 'trust'),
      LIKENESS_REVIEW_SEED_PERCENT: '5',
      ...env,
    },
    cwd: folder,
  });
  const vision = await scriptedVision();
  const house = await wire(config, { vision });
  const as = (person: string, changes: Partial<Caller> = {}): Person => {
    const caller: Caller = { ...house.localCaller, accessKeyId: `AK-${person}`, person, ...changes };
    const send = (operation: string, request: unknown) =>
      house.dispatch({ requestId: randomUUID(), caller, operation, request, signal: new AbortController().signal });
    return {
      caller,
      ask: (name, request) => send(name, request) as Promise<never>,
      own: async (name, request) => (await send(name, request)).response as never,
    };
  };
  const operator = as(house.localCaller.person);
  const second = as('second-admin');
  await operator.own('AddPerson', { name: 'second-admin', roles: ['admin'] });
  const hire = async (name: string, roles: readonly RoleName[]): Promise<Person> => {
    const { proposalId = '', digest = '' } = await operator.own('AddPerson', { name, roles: [...roles] });
    await second.own('ApproveProposal', { proposalId, digest });
    return as(name);
  };
  const searchers: Person[] = [];
  for (const name of searcherNames) searchers.push(await hire(name, ['searcher']));
  const reviewers = [await hire('reviewer-a', ['reviewer']), await hire('reviewer-b', ['reviewer'])];
  const auditor = await hire('auditor', ['auditor']);

  const consent = async (subject: string, purpose: string): Promise<void> => {
    await operator.own('GrantConsent', {
      subject,
      purpose,
      method: 'legal-basis',
      legalBasis: 'an order',
      noticeText: 'notice',
      controller: 'tests',
    } as OwnRequestOf<'GrantConsent'>);
  };
  return {
    house,
    vision,
    operator,
    searchers,
    reviewers,
    auditor,
    as,
    consent,
    async collection(id, purpose, people = []) {
      await operator.ask('CreateCollection', { CollectionId: id, Tags: { 'likeness:purpose': purpose } });
      for (const person of people) {
        if (purpose === 'family-reunification') await consent(person, purpose);
        await operator.ask('IndexFaces', { CollectionId: id, ExternalImageId: person, Image: photoOf(person) });
      }
    },
    async review(caseId, verdict) {
      for (const reviewer of reviewers) {
        const { candidates } = await reviewer.own('GetReviewCase', { caseId });
        const decisions = candidates.map(({ candidateId }) => ({ candidateId, verdict, reason: 'looked' }));
        await reviewer.own('SubmitReview', { caseId, decisions });
      }
    },
    async close() {
      await house.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
