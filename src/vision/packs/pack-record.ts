import { createHash } from 'node:crypto';

/** A file of an installed pack, or a product of its preparation. */
export interface InstalledFile {
  readonly path: string;
  readonly bytes: number;
  /** In hex. */
  readonly sha256: string;
}

/** A file with who vouched for its digest. */
export interface InstalledPackFile extends InstalledFile {
  readonly pinnedBy: 'manifest' | 'operator';
}

/** What preparing a pack made of it. */
export interface Prepared {
  /** Digest of what the products were made from: the pack's files, and what the step says it depends on. */
  readonly from: string;
  readonly products: readonly InstalledFile[];
}

/** pack.json: what was installed. It is written last, so that a pack with a record is a whole one. */
export interface PackRecord {
  readonly format: 1;
  readonly id: string;
  readonly files: readonly InstalledPackFile[];
  /** The licence as it was accepted, or as the operator stated it. */
  readonly licence: string;
  readonly commercialUse: boolean;
  /** ISO 8601, UTC. */
  readonly installedAt: string;
  readonly prepared?: Prepared;
}

/** A file's name within a pack: no folder, nothing hidden, nothing that a file system reads otherwise. */
export function isPackFileName(name: unknown): name is string {
  return typeof name === 'string' && /^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$/.test(name) && !name.endsWith('.');
}

/** Whether a text is a SHA-256 in lower-case hex. */
export function isSha256(text: unknown): text is string {
  return typeof text === 'string' && /^[0-9a-f]{64}$/.test(text);
}

const isFile = (value: unknown): value is InstalledFile => {
  const { path, bytes, sha256 } = (value ?? {}) as Record<string, unknown>;
  return isPackFileName(path) && Number.isSafeInteger(bytes) && (bytes as number) >= 0 && isSha256(sha256);
};
const isPackFile = (value: unknown): value is InstalledPackFile =>
  isFile(value) && ['manifest', 'operator'].includes((value as { pinnedBy?: unknown }).pinnedBy as string);
const isPrepared = (value: unknown): value is Prepared => {
  const { from, products } = (value ?? {}) as Record<string, unknown>;
  return isSha256(from) && Array.isArray(products) && products.every(isFile);
};

/** Reads pack.json; undefined when it isn't one. */
export function readPackRecord(text: string, id: string): PackRecord | undefined {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  const record = (value ?? {}) as Record<string, unknown>;
  const sound =
    record.format === 1 &&
    record.id === id &&
    Array.isArray(record.files) &&
    record.files.every(isPackFile) &&
    typeof record.licence === 'string' &&
    typeof record.commercialUse === 'boolean' &&
    typeof record.installedAt === 'string' &&
    (record.prepared === undefined || isPrepared(record.prepared));
  return sound ? (value as PackRecord) : undefined;
}

/** A short name for exactly these files: the first 12 hex digits of a SHA-256 over their names and digests. */
export function versionOfFiles(files: readonly InstalledFile[]): string {
  return digestOfFiles(files).slice(0, 12);
}

/** SHA-256 over names and digests of files, in the order of their names, and what else goes with them. */
export function digestOfFiles(files: readonly InstalledFile[], more = ''): string {
  const hash = createHash('sha256');
  const sorted = [...files].sort((a, b) => (a.path < b.path ? -1 : 1));
  for (const { path, sha256 } of sorted) hash.update(`${path}\0${sha256}\n`);
  return hash.update(more).digest('hex');
}
