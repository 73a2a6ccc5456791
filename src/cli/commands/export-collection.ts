import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { type FileHandle, open, rename, rm, truncate } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { sha256Hex } from '../../shared/canonical-json.ts';
import {
  type CollectionFileHeader,
  type FrameHead,
  readFrame,
  readHeader,
  startOfFile,
} from '../../shared/collection-file.ts';
import { syncFolder } from '../../shared/files.ts';
import { boxKeys, boxPrivateKeyPem, boxPublicKeyPem } from '../../shared/sealed-box.ts';
import { type Connection, connect, type GlobalOptions } from '../connect.ts';
import { exitCodes, UsageError } from '../exit-codes.ts';
import { openCollectionFile, type ScannedFile } from '../moving/collection-file.ts';
import { newRecipient, type Recipient, type SecretFlags } from '../moving/recipients.ts';
import { printResult, type Terminal } from '../output.ts';
import { createProgress, duration } from '../progress.ts';
import { pendingWords } from './keys.ts';

/** Options of `likeness collections export`. */
export interface ExportFlags extends GlobalOptions, SecretFlags {}

/** Options of `likeness collections verify-export`. */
export interface VerifyExportFlags extends GlobalOptions {
  readonly publicKey?: string;
}

/**
 * Exports a collection to an encrypted file. What is written stands in `<file>.unfinished` until it is whole: run again
 * after a stop, or after another person approved it, it goes on where it was.
 *
 * @returns the exit code
 */
export async function runExportCollection(
  collectionId: string,
  file: string,
  flags: ExportFlags,
  terminal: Terminal,
): Promise<number> {
  const path = resolve(file);
  if (existsSync(path)) throw new UsageError(`${file} is there already: name another file, or move it away`);
  const unfinished = `${path}.unfinished`;
  const asked = `${path}.asked`;
  const standing = existsSync(unfinished) ? await scanned(unfinished) : undefined;
  const recipient = standing?.header ?? (await recipientOf(asked, flags, terminal));
  const connection = await connect(flags, terminal, { vision: false });
  const startedMs = Date.now();
  let isInterrupted = false;
  const onInterrupt = () => {
    terminal.note('\nfinishing what is under way; run the same command again to go on');
    isInterrupted = true;
  };
  process.once('SIGINT', onInterrupt);
  try {
    const writing = { collectionId, path: unfinished, terminal, isInterrupted: () => isInterrupted };
    let headerText = standing?.headerText ?? '';
    let end: FrameHead | 'over' | undefined = standing && (await goOn(connection, { ...writing, standing }));
    if (end === 'over') {
      terminal.note('what was written before belongs to an export that is over; it is begun anew');
    }
    if (standing === undefined || end === 'over') {
      const { recipient: key, passphrase } = recipient;
      const terms = { recipient: key, ...(passphrase && { passphrase }) };
      const begun = await connection.own('BeginExport', { collectionId, ...terms });
      if (begun.status === 'pending' || begun.exportId === undefined || begun.header === undefined) {
        // The salt of a passphrase must be the same when it is approved; it is no secret.
        writeFileSync(asked, JSON.stringify(terms), { mode: 0o600 });
        printResult(
          terminal,
          flags.json === true,
          begun,
          () => `${pendingWords(`export ${collectionId}`, begun)}\nthen run this command again`,
        );
        return exitCodes.tryLater;
      }
      headerText = begun.header;
      end = await writeFrames(connection, { ...writing, exportId: begun.exportId, headerText });
    }
    if (end === undefined) return exitCodes.interrupted;
    await rename(unfinished, path);
    syncFolder(dirname(path));
    await rm(asked, { force: true });
    const header = readHeader(headerText);
    const told = { file: path, ...toldOf(header, end), seconds: (Date.now() - startedMs) / 1000 };
    printResult(terminal, flags.json === true, told, () =>
      [
        `${file} holds ${contentWords(end)} of ${collectionId}, encrypted (${duration(told.seconds)})`,
        `it was signed with the key ${header.signature.keyId}: whoever imports it is shown that before they agree`,
        `it can be imported until ${header.expiresAt}; delete it when it is, for who is erased here later is in it still`,
      ].join('\n'),
    );
    return exitCodes.ok;
  } finally {
    process.off('SIGINT', onInterrupt);
    await connection.close();
  }
}

/**
 * Says whether a file is whole and as the server wrote it, without opening anything in it.
 *
 * @returns the exit code
 */
export async function runVerifyExport(file: string, flags: VerifyExportFlags, terminal: Terminal): Promise<number> {
  const progress = createProgress(terminal, 'bytes');
  const opened = await openCollectionFile(resolve(file));
  let found: ScannedFile;
  try {
    let started = false;
    found = await opened.scan((done, total) => {
      if (!started) progress.start(`Verifying ${file}`, total);
      started = true;
      progress.update(done);
    });
  } finally {
    progress.stop();
    await opened.close();
  }
  const { header } = found;
  const end = found.frames.at(-1)?.head;
  const fault =
    found.fault ??
    (found.isWhole ? undefined : 'it has no end: the export was interrupted; run it again to go on') ??
    keyFault(header, flags.publicKey);
  const told = { file: resolve(file), whole: fault === undefined, ...(fault !== undefined && { fault }) };
  printResult(terminal, flags.json === true, { ...told, ...(end && toldOf(header, end)) }, () =>
    [
      fault === undefined
        ? `${file} is whole and as it was written: ${end ? contentWords(end) : ''}`
        : `${file} cannot be used: ${fault}`,
      `collection  ${header.collectionId} for ${header.purpose}, face model ${header.faceModelVersion}`,
      `made        ${header.createdAt} by ${header.software}; can be imported until ${header.expiresAt}`,
      `signed with ${header.signature.keyId}${flags.publicKey === undefined ? ' (hold it against a key you know with --public-key)' : ''}`,
      `opens with  ${header.passphrase ? 'its passphrase' : `the private key of ${header.recipient}`}`,
    ].join('\n'),
  );
  return fault === undefined ? exitCodes.ok : exitCodes.failed;
}

/** Makes a pair of keys for receiving a collection: the private one in a file of its own, the public one beside it. */
export async function runMakeTransferKey(file: string, flags: GlobalOptions, terminal: Terminal): Promise<void> {
  const keys = boxKeys();
  const publicFile = `${file}.pub`;
  for (const [path, text, mode] of [
    [file, boxPrivateKeyPem(keys), 0o600],
    [publicFile, boxPublicKeyPem(keys), 0o644],
  ] as const) {
    try {
      writeFileSync(path, text, { mode, flag: 'wx' });
    } catch (cause) {
      throw new UsageError(`cannot write ${path}: ${(cause as Error).message}`);
    }
  }
  printResult(terminal, flags.json === true, { privateKey: resolve(file), publicKey: resolve(publicFile) }, () =>
    [
      `the private key is in ${file}: keep it, only you can read it`,
      `send ${publicFile} to the one who exports: likeness collections export <collection> <file> --recipient ${publicFile}`,
      `and import with --identity ${file}`,
    ].join('\n'),
  );
}

interface Writing {
  readonly collectionId: string;
  readonly exportId: string;
  readonly headerText: string;
  readonly path: string;
  readonly standing?: ScannedFile;
  readonly terminal: Terminal;
  readonly isInterrupted: () => boolean;
}

/** Goes on with what was written before. @returns `over` when the server knows that export no more */
async function goOn(
  connection: Connection,
  writing: Omit<Writing, 'exportId' | 'headerText' | 'standing'> & { readonly standing: ScannedFile },
): Promise<FrameHead | undefined | 'over'> {
  const { headerText, header } = writing.standing;
  try {
    return await writeFrames(connection, { ...writing, exportId: header.exportId, headerText });
  } catch (error) {
    if ((error as Error).name === 'ResourceNotFoundException') return 'over';
    throw error;
  }
}

/** Appends frames until the end, each on disk before the next is asked for. @returns the last; undefined when stopped */
async function writeFrames(connection: Connection, writing: Writing): Promise<FrameHead | undefined> {
  const { collectionId, exportId, headerText, path, standing, terminal } = writing;
  const header = readHeader(headerText);
  const about = { file: sha256Hex(headerText), publicKeyPem: header.publicKeyPem };
  // What a stop tore is written again.
  if (standing !== undefined) await truncate(path, standing.soundBytes);
  const handle = await open(path, standing === undefined ? 'w' : 'a', 0o600);
  const progress = createProgress(terminal, 'faces');
  try {
    if (standing === undefined) await append(handle, startOfFile(headerText));
    let last: FrameHead | undefined = standing?.frames.at(-1)?.head;
    let faces = 0;
    let started = false;
    while (last?.part !== 'end') {
      if (writing.isInterrupted()) return undefined;
      const answer = await connection.own('ReadExport', {
        collectionId,
        exportId,
        ...(last && { after: JSON.stringify(last) }),
      });
      const bytes = Buffer.from(answer.frame, 'base64');
      const { head } = readFrame(bytes, about);
      await append(handle, bytes);
      last = head;
      if (!started) progress.start(`Exporting ${collectionId}`, answer.faces);
      started = true;
      faces += answer.facesInFrame;
      progress.update(Math.min(faces, answer.faces));
    }
    return last;
  } finally {
    progress.stop();
    await handle.close();
  }
}

async function append(handle: FileHandle, bytes: Uint8Array): Promise<void> {
  await handle.appendFile(bytes);
  await handle.datasync();
}

async function scanned(path: string): Promise<ScannedFile> {
  const opened = await openCollectionFile(path);
  try {
    return await opened.scan();
  } finally {
    await opened.close();
  }
}

async function recipientOf(asked: string, flags: ExportFlags, terminal: Terminal): Promise<Recipient> {
  return existsSync(asked) ? (JSON.parse(readFileSync(asked, 'utf8')) as Recipient) : newRecipient(flags, terminal);
}

function keyFault(header: CollectionFileHeader, publicKeyFile: string | undefined): string | undefined {
  if (publicKeyFile === undefined) return undefined;
  let known: string;
  try {
    known = readFileSync(publicKeyFile, 'utf8');
  } catch (cause) {
    throw new UsageError(`cannot read ${publicKeyFile}: ${(cause as Error).message}`);
  }
  return known.trim() === header.publicKeyPem.trim() ? undefined : `it was signed by another key than ${publicKeyFile}`;
}

function toldOf(header: CollectionFileHeader, { totals }: FrameHead) {
  const { collectionId, purpose, faceModelVersion, createdAt, expiresAt, signature } = header;
  return { collectionId, purpose, faceModelVersion, createdAt, expiresAt, keyId: signature.keyId, ...totals };
}

function contentWords({ totals }: FrameHead): string {
  const { faces, users, consents, cannotLinks, minors } = totals;
  return [
    `${faces} faces`,
    `${users} users`,
    ...(consents > 0 ? [`${consents} consents`] : []),
    ...(cannotLinks > 0 ? [`${cannotLinks} cannot-links`] : []),
    ...(minors > 0 ? [`${minors} minors' marks`] : []),
  ].join(', ');
}
