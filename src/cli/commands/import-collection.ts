import { createHash } from 'node:crypto';
import { appendFileSync, existsSync, mkdirSync, readFileSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import type { OwnResponseOf } from '../../contract/index.ts';
import { sha256Hex } from '../../shared/canonical-json.ts';
import {
  aboutFileKey,
  aboutFrame,
  aboutImportKey,
  addDigests,
  type CollectionFileHeader,
  noDigest,
  readFrame,
  subtractDigests,
} from '../../shared/collection-file.ts';
import { openSealedFor, sealFor } from '../../shared/sealed-box.ts';
import { createSealer } from '../../shared/sealing.ts';
import { keepAnswerHeaders } from '../answer-headers.ts';
import { type Connection, configOf, connect, type GlobalOptions } from '../connect.ts';
import { exitCodes, UsageError } from '../exit-codes.ts';
import {
  type OpenCollectionFile,
  openCollectionFile,
  type PlacedFrame,
  type ScannedFile,
} from '../moving/collection-file.ts';
import { keysFor, type SecretFlags } from '../moving/recipients.ts';
import { printResult, type Terminal } from '../output.ts';
import { createProgress, duration } from '../progress.ts';
import { pendingWords } from './keys.ts';

/** Options of `likeness collections import`. */
export interface ImportCollectionFlags extends GlobalOptions, SecretFlags {
  /** The collection to import into; the one that the file names, when absent. */
  readonly as?: string;
  readonly tokens?: string;
}

type Wrote = Omit<OwnResponseOf<'WriteImport'>, 'consents'>;

const reasons: Readonly<Record<string, string>> = {
  erased: 'erased or deleted here since they were stored',
  'erasure-suspended': 'to be erased here, and kept from it by a legal hold',
  'no-consent': 'no consent of theirs stands here',
  unlike: "do not look like their subject's other faces",
};
/** Frames under way at once: one is written while the next is read and sent. */
const atOnce = 2;

/**
 * Imports a file into a collection that is made where there is none. The file is verified as a whole before anything is
 * sent. Run again after a stop, or after another person approved it, it goes on where it was.
 *
 * @returns the exit code
 */
export async function runImportCollection(
  file: string,
  flags: ImportCollectionFlags,
  terminal: Terminal,
): Promise<number> {
  const path = resolve(file);
  const opened = await openCollectionFile(path);
  let connection: (Connection & { purpose(): string | undefined }) | undefined;
  let isInterrupted = false;
  const onInterrupt = () => {
    terminal.note('\nfinishing what is under way; run the same command again to go on');
    isInterrupted = true;
  };
  try {
    const scanned = await verify(opened, file, terminal);
    const { header, headerText } = scanned;
    const end = scanned.frames.at(-1)?.head;
    if (end === undefined) throw new Error('a verified file has no end');
    const keys = await keysFor(header, flags, terminal);
    const fileKey = openSealedFor(keys, Buffer.from(header.sealedKey, 'base64'), aboutFileKey(header.exportId));
    const collectionId = flags.as ?? header.collectionId;
    const headers = keepAnswerHeaders();
    const connected = await connect(flags, terminal, { vision: false, onHeaders: headers.take });
    connection = { ...connected, purpose: headers.purpose };
    const madeAt = await ensureCollection(connection, collectionId, header, await tagsOf(opened, scanned, fileKey));
    process.once('SIGINT', onInterrupt);
    const begun = await connection.own('BeginImport', { collectionId, header: headerText, end: JSON.stringify(end) });
    if (begun.status === 'pending' || begun.importId === undefined || begun.publicKey === undefined) {
      printResult(terminal, flags.json === true, begun, () =>
        [
          pendingWords(`import ${file} into ${collectionId}, signed with the key ${begun.sourceKeyId}`, begun),
          'then run this command again',
        ].join('\n'),
      );
      return exitCodes.tryLater;
    }
    const { importId, publicKey } = begun;
    const sealed = sealFor(Buffer.from(publicKey, 'base64'), fileKey, aboutImportKey(importId));
    const { dataDir } = configOf(flags);
    const startedMs = Date.now();
    const tokensFile = resolve(flags.tokens ?? join(dataDir, 'receipts', `${basename(path)}-tokens.csv`));
    const journal = openImportJournal(dataDir, [importId, sha256Hex(headerText), collectionId, madeAt]);
    const whole = await writeAll({
      connection,
      opened,
      scanned,
      collectionId,
      importId,
      sealedKey: Buffer.from(sealed).toString('base64'),
      journal,
      tokensFile,
      terminal,
      isInterrupted: () => isInterrupted,
    });
    if (!whole) return exitCodes.interrupted;
    const result = await compare(connection, { collectionId, importId, scanned, wrote: journal.all() });
    if (result.fault === undefined) await connection.own('FinishImport', { collectionId, importId });
    const seconds = (Date.now() - startedMs) / 1000;
    const told = {
      collectionId,
      purpose: header.purpose,
      ...result,
      seconds,
      ...(existsSync(tokensFile) && { tokensFile }),
    };
    printResult(terminal, flags.json === true, told, () =>
      [
        `${result.faces} faces of ${end.totals.faces} are in ${collectionId} (${duration(seconds)})`,
        ...result.left.map(({ reason, count }) => `${count} left out: ${reasons[reason] ?? reason}`),
        ...(result.gone > 0 ? [`${result.gone} were deleted at the other server before its export ended`] : []),
        ...(result.consents > 0
          ? [
              `${result.consents} consents were recorded; their new tokens are in ${tokensFile} (only you can read it): give each to its person, for the old ones open nothing here`,
            ]
          : []),
        result.fault ?? 'counts and digest are those of the file',
      ].join('\n'),
    );
    if (result.fault !== undefined) return exitCodes.failed;
    return result.left.length > 0 ? exitCodes.partly : exitCodes.ok;
  } finally {
    process.off('SIGINT', onInterrupt);
    await opened.close();
    await connection?.close();
  }
}

async function verify(opened: OpenCollectionFile, file: string, terminal: Terminal): Promise<ScannedFile> {
  const progress = createProgress(terminal, 'bytes');
  let started = false;
  try {
    const scanned = await opened.scan((done, total) => {
      if (!started) progress.start(`Verifying ${file}`, total);
      started = true;
      progress.update(done);
    });
    if (scanned.isWhole) return scanned;
    throw new UsageError(
      `${file} cannot be imported: ${scanned.fault ?? 'it has no end, because its export was interrupted'}. Copy it again, or export the collection again`,
    );
  } finally {
    progress.stop();
  }
}

/** The tags that the file holds; they are no template, and are read here to make the collection with them. */
async function tagsOf(
  opened: OpenCollectionFile,
  scanned: ScannedFile,
  fileKey: Uint8Array,
): Promise<Readonly<Record<string, string>>> {
  const [first] = scanned.frames;
  if (first?.head.part !== 'about') return {};
  const { sealed, head } = readFrame(await opened.frame(first, scanned), {
    file: sha256Hex(scanned.headerText),
    publicKeyPem: scanned.header.publicKeyPem,
  });
  const plain = createSealer(fileKey).open(sealed, aboutFrame(head));
  const { tags } = JSON.parse(Buffer.from(plain).toString('utf8')) as { readonly tags?: Record<string, string> };
  return tags ?? {};
}

/** Makes the collection where there is none, by the ordinary way, with the file's purpose and face model. */
async function ensureCollection(
  connection: Connection & { purpose(): string | undefined },
  collectionId: string,
  header: CollectionFileHeader,
  tags: Readonly<Record<string, string>>,
): Promise<string> {
  const { api, own } = connection;
  const describe = async () => {
    try {
      return await api.describeCollection({ CollectionId: collectionId });
    } catch (error) {
      if ((error as Error).name === 'ResourceNotFoundException') return undefined;
      throw error;
    }
  };
  const found = await describe();
  if (found !== undefined) return `${found.CreationTimestamp?.getTime()}`;
  await api.createCollection({
    CollectionId: collectionId,
    Tags: { ...tags, 'likeness:purpose': header.purpose },
  });
  const made = await describe();
  if (made?.FaceModelVersion !== header.faceModelVersion) {
    // Without a face in it, it is moved at once, where the server has the model.
    try {
      await own('BeginReembedding', { collectionId, faceModelVersion: header.faceModelVersion });
      await own('FinishReembedding', { collectionId, faceModelVersion: header.faceModelVersion });
    } catch (cause) {
      throw new UsageError(
        `the file's templates are of the face model ${header.faceModelVersion}, and this server makes ${made?.FaceModelVersion}: ` +
          `move the collection there before it is exported (likeness collections reembed ${header.collectionId} --to ${made?.FaceModelVersion}), or start this server with the other model. ` +
          `The empty collection ${collectionId} was made and stays. (${(cause as Error).message})`,
      );
    }
  }
  return `${made?.CreationTimestamp?.getTime()}`;
}

interface ImportJournal {
  has(index: number): boolean;
  add(index: number, wrote: Wrote, consents: number): void;
  all(): readonly { readonly wrote: Wrote; readonly consents: number }[];
}

/** What was written of a file; a line per frame, with counts and digests alone. */
function openImportJournal(dataDir: string, names: readonly string[]): ImportJournal {
  const name = createHash('sha256').update(names.join('\0')).digest('hex').slice(0, 32);
  const path = join(dataDir, 'import-journals', `${name}.jsonl`);
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  const done = new Map<number, { wrote: Wrote; consents: number }>();
  for (const line of existsSync(path) ? readFileSync(path, 'utf8').split('\n') : []) {
    try {
      const [index, wrote, consents] = JSON.parse(line) as [number, Wrote, number];
      done.set(index, { wrote, consents });
    } catch {
      // A line that a kill tore: its frame is sent again, and nothing is stored twice.
    }
  }
  return {
    has: (index) => done.has(index),
    add(index, wrote, consents) {
      done.set(index, { wrote, consents });
      // A torn line before it must not swallow this one.
      appendFileSync(path, `\n${JSON.stringify([index, wrote, consents])}\n`, { mode: 0o600 });
    },
    all: () => [...done.values()],
  };
}

interface WritingAll {
  readonly connection: Connection;
  readonly opened: OpenCollectionFile;
  readonly scanned: ScannedFile;
  readonly collectionId: string;
  readonly importId: string;
  readonly sealedKey: string;
  readonly journal: ImportJournal;
  readonly tokensFile: string;
  readonly terminal: Terminal;
  readonly isInterrupted: () => boolean;
}

/** Sends every frame that the journal does not hold: what stands before the faces in order, then the faces. */
async function writeAll(work: WritingAll): Promise<boolean> {
  const { scanned, journal, opened, connection, collectionId, importId, sealedKey } = work;
  const { frames } = scanned;
  const rolls = frames.filter(({ head }) => head.part === 'roll');
  const write = async (frame: PlacedFrame): Promise<Wrote> => {
    const sent = [frame, ...(frame.head.part === 'faces' ? rollsOver(frame, rolls) : [])];
    const bytes: string[] = [];
    for (const one of sent) bytes.push((await opened.frame(one, scanned)).toString('base64'));
    const { consents = [], ...wrote } = await connection.own('WriteImport', {
      collectionId,
      importId,
      sealedKey,
      frames: bytes,
    });
    // Before the journal: a token is answered once.
    keepTokens(work.tokensFile, scanned.header.purpose, consents);
    journal.add(frame.head.index, wrote, consents.length);
    return wrote;
  };
  for (const frame of frames) {
    const { part, index } = frame.head;
    if (part === 'faces' || part === 'roll' || part === 'end' || journal.has(index)) continue;
    if (work.isInterrupted()) return false;
    await write(frame);
  }
  const progress = createProgress(work.terminal, 'faces');
  progress.start(`Importing into ${collectionId}`, frames.at(-1)?.head.totals.faces ?? 0);
  let faces = 0;
  const count = ({ stored, standing, left }: Wrote): void => {
    faces += stored + standing + left.reduce((sum, { count: some }) => sum + some, 0);
    progress.update(faces);
  };
  for (const { wrote } of journal.all()) if (wrote.part === 'faces') count(wrote);
  const todo = frames.filter(({ head }) => head.part === 'faces' && !journal.has(head.index));
  let next = 0;
  const worker = async () => {
    while (next < todo.length && !work.isInterrupted()) count(await write(todo[next++] as PlacedFrame));
  };
  try {
    await Promise.all(Array.from({ length: atOnce }, worker));
  } finally {
    progress.stop();
  }
  return !work.isInterrupted();
}

/** The frames of the roll that reach over those faces. */
function rollsOver({ head }: PlacedFrame, rolls: readonly PlacedFrame[]): readonly PlacedFrame[] {
  const { after, upTo } = head.range ?? { after: 0, upTo: 0 };
  return rolls.filter(({ head: { range } }) => range !== undefined && range.after <= upTo && range.upTo >= after);
}

/** Holds what stands in the collection against the file and what was left out of it. */
async function compare(
  connection: Connection,
  about: {
    readonly collectionId: string;
    readonly importId: string;
    readonly scanned: ScannedFile;
    readonly wrote: ReturnType<ImportJournal['all']>;
  },
) {
  const { collectionId, importId, scanned } = about;
  let [faces, digest] = [0, noDigest];
  for (let after: string | undefined; ; ) {
    const page = await connection.own('CheckImport', { collectionId, importId, ...(after !== undefined && { after }) });
    faces += page.faces;
    digest = addDigests(digest, page.digest);
    after = page.next;
    if (after === undefined) break;
  }
  const left = new Map<string, number>();
  const ofFaces = about.wrote.filter(({ wrote }) => wrote.part === 'faces').map(({ wrote }) => wrote);
  for (const { left: some } of ofFaces) {
    for (const { reason, count } of some) left.set(reason, (left.get(reason) ?? 0) + count);
  }
  const leftOut = [...left.values()].reduce((sum, count) => sum + count, 0);
  const totals = scanned.frames.at(-1)?.head.totals ?? { faces: 0, digest: noDigest };
  const expected = {
    faces: totals.faces - leftOut,
    digest: subtractDigests(totals.digest, addDigests(noDigest, ...ofFaces.map(({ leftDigest }) => leftDigest))),
  };
  const isSame = faces === expected.faces && digest === expected.digest;
  return {
    faces,
    digest,
    left: [...left].map(([reason, count]) => ({ reason, count })),
    gone: ofFaces.reduce((sum, { gone = 0 }) => sum + gone, 0),
    consents: about.wrote.reduce((sum, { consents }) => sum + consents, 0),
    ...(!isSame && {
      fault: `the collection does not hold what the file does (${faces} faces where ${expected.faces} are due): faces were added, deleted or changed meanwhile. The import stays open: run it again, or import into another collection with --as`,
    }),
  };
}

function keepTokens(
  file: string,
  purpose: string,
  consents: readonly { readonly subject: string; readonly receiptId: string; readonly token: string }[],
): void {
  if (consents.length === 0) return;
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
  const header = existsSync(file) ? '' : 'subject,purpose,receipt,token\n';
  const lines = consents.map(({ subject, receiptId, token }) => `${subject},${purpose},${receiptId},${token}\n`);
  appendFileSync(file, header + lines.join(''), { mode: 0o600, flush: true });
}
