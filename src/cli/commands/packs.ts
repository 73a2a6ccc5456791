import { readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { type InstallProgress, type LicenceTerms, openPacks, type PackStatus, type Packs } from '../../compose.ts';
import { proxiesOf, readProxyEnvironment } from '../../config/index.ts';
import { packageRoot } from '../../shared/package-root.ts';
import { ask, canAsk } from '../ask.ts';
import { configOf, type GlobalOptions } from '../connect.ts';
import { exitCodes, UsageError } from '../exit-codes.ts';
import { printResult, renderTable, type Terminal } from '../output.ts';
import { createProgress, type Progress } from '../progress.ts';

/** Options of `likeness models pull` that are about packs. */
export interface PullFlags extends GlobalOptions {
  readonly acceptLicence?: boolean;
  readonly acceptLicense?: boolean;
  readonly from?: string;
  readonly mirror?: string;
  readonly sha256?: readonly string[];
  readonly licence?: string;
  readonly commercialUse?: boolean;
}

/** The packs of a configuration, with the proxies of the environment. */
export function packsOf(flags: GlobalOptions): Packs {
  return openPacks(configOf(flags), proxiesOf(readProxyEnvironment()));
}

/** A pack as `likeness models list` shows it. */
export function rowOf({ entry, state, installed, folder, problem }: PackStatus) {
  const { id, purpose, kind, files, licence, provenance, signature, measured } = entry;
  const bytes = (installed?.files ?? files).map((file) => file.bytes);
  const commercialUse = (installed ?? entry).commercialUse;
  return {
    id,
    pack: true,
    state,
    purpose,
    kind,
    megabytes: bytes.every((size) => size !== undefined) ? megabytes(sum(bytes)) : '-',
    licence: installed?.licence ?? licence.name,
    ...(licence.url !== undefined && { licenceUrl: licence.url }),
    ...(commercialUse !== undefined && { commercialUse }),
    provenance,
    signature,
    measured,
    files: installed?.files ?? files,
    ...(installed && { version: installed.version, products: installed.products, installedAt: installed.installedAt }),
    ...(problem && { problem: problem.message }),
    path: folder,
  };
}

/** The table of packs, with what to do about those that are not whole. */
export function packTable(rows: readonly ReturnType<typeof rowOf>[]): string {
  const table = renderTable(rows, [
    { title: 'pack', value: ({ id }) => id },
    { title: 'state', value: ({ state }) => state },
    { title: 'MB', value: (row) => row.megabytes, align: 'right' },
    { title: 'licence', value: ({ licence }) => licence },
    {
      title: 'commercial use',
      value: ({ commercialUse }) =>
        commercialUse === undefined ? 'you say' : commercialUse ? 'allowed' : 'not allowed',
    },
    { title: 'for', value: ({ purpose }) => purpose },
  ]);
  const problems = rows.flatMap(({ problem }) => problem ?? []);
  return [table, ...problems, 'Install one: likeness models pull <pack>   What each is: docs/models.md'].join('\n');
}

/** Installs packs. @returns what was done with each */
export async function pullPacks(
  ids: readonly string[],
  flags: PullFlags,
  terminal: Terminal,
): Promise<{ id: string; did: string; version: string }[]> {
  const packs = packsOf(flags);
  const alone = (['from', 'sha256', 'licence', 'commercialUse'] as const).find((name) => flags[name] !== undefined);
  if (alone !== undefined && ids.length !== 1)
    throw new UsageError(`--${alone === 'commercialUse' ? 'commercial-use' : alone} goes with one pack at a time`);
  if (flags.commercialUse && flags.licence === undefined)
    throw new UsageError('--commercial-use goes with --licence: it is what the licence allows');
  const interrupt = new AbortController();
  const onInterrupt = () => interrupt.abort();
  process.once('SIGINT', onInterrupt);
  const bars = packProgress(terminal);
  const results = [];
  try {
    for (const id of ids) {
      const { pack, did } = await packs.install(id, {
        accept: (terms) => accepts(terms, flags, terminal),
        from: flags.from === undefined ? undefined : resolve(flags.from),
        mirror: flags.mirror,
        sha256: digestsOf(id, packs, flags.sha256 ?? []),
        stated:
          flags.licence === undefined
            ? undefined
            : { licence: flags.licence, commercialUse: flags.commercialUse === true },
        onProgress: bars.onProgress,
        signal: interrupt.signal,
      });
      bars.stop();
      results.push({ id, did, version: pack.version });
    }
    return results;
  } catch (error) {
    bars.stop();
    if (interrupt.signal.aborted)
      terminal.note('stopped; what came so far is kept, and the same command goes on from there');
    throw error;
  } finally {
    process.off('SIGINT', onInterrupt);
  }
}

/** What was done, in words. */
export function pulledText(results: readonly { id: string; did: string; version: string }[]): string {
  const words: Readonly<Record<string, string>> = {
    installed: 'is installed',
    prepared: 'was there, and is prepared anew',
    nothing: 'was there already, whole',
  };
  const lines = results.map(({ id, did, version }) => `The pack ${id} ${words[did]} (version ${version}).`);
  const changed = results.some(({ did }) => did !== 'nothing');
  return [...lines, ...(changed ? ['A server that runs uses it when it is started again.'] : [])].join('\n');
}

/** Removes packs. @returns the exit code */
export async function runRemovePacks(
  ids: readonly string[],
  flags: GlobalOptions,
  terminal: Terminal,
): Promise<number> {
  const packs = packsOf(flags);
  for (const id of ids) requirePack(packs, id);
  const removed: { id: string; removed: boolean }[] = [];
  for (const id of ids) removed.push({ id, removed: await packs.remove(id) });
  printResult(terminal, flags.json === true, removed, () =>
    [
      ...removed.map(({ id, removed: was }) => `The pack ${id} ${was ? 'is removed' : 'was not there'}.`),
      ...(removed.some(({ removed: was }) => was)
        ? ['A server that runs must be started again: it cannot do without what it started with.']
        : []),
    ].join('\n'),
  );
  return removed.every(({ removed: was }) => was) ? exitCodes.ok : exitCodes.notFound;
}

/** Whether a name is that of a pack. */
export function isPack(packs: Packs, id: string): boolean {
  return packs.manifest.packs.some((entry) => entry.id === id);
}

function requirePack(packs: Packs, id: string): void {
  if (isPack(packs, id)) return;
  throw new UsageError(`there is no pack ${id}; there are ${packs.manifest.packs.map((entry) => entry.id).join(', ')}`);
}

/** `file=digest`, or a digest alone for a pack of one file. */
function digestsOf(id: string, packs: Packs, given: readonly string[]): Map<string, string> {
  const digests = new Map<string, string>();
  const files = packs.manifest.packs.find((entry) => entry.id === id)?.files ?? [];
  for (const text of given) {
    const cut = text.lastIndexOf('=');
    const name = cut < 0 && files.length === 1 ? files[0]?.path : text.slice(0, Math.max(0, cut));
    if (!name)
      throw new UsageError(`--sha256 is <file>=<digest>, with one of ${files.map(({ path }) => path).join(', ')}`);
    if (digests.has(name)) throw new UsageError(`--sha256 is given twice for ${name}`);
    digests.set(name, text.slice(cut + 1).toLowerCase());
  }
  return digests;
}

/** Shows whose files these are and under which licence, and asks. */
async function accepts(terms: LicenceTerms, flags: PullFlags, terminal: Terminal): Promise<boolean> {
  terminal.note(termsText(terms));
  if (flags.acceptLicence || flags.acceptLicense) return true;
  if (!canAsk(terminal)) return false;
  const { url, text } = terms.entry.licence;
  for (;;) {
    const answer = await ask('Do you accept the licence? [y]es, [n]o, [r]ead it: ', ['yes', 'no', 'read']);
    if (answer !== 'read') return answer === 'yes';
    terminal.note(
      text === undefined
        ? `Its text is ${url === undefined ? 'with whoever gave you the files' : `at ${url}`}.`
        : await readFile(join(packageRoot(), 'data', text), 'utf8'),
    );
  }
}

function termsText({ entry, name, commercialUse }: LicenceTerms): string {
  const { id, purpose, files, licence, provenance, measured } = entry;
  const homes = [...new Set(files.flatMap(({ url }) => (url === undefined ? [] : new URL(url).host)))];
  const size = (bytes: number | undefined) => (bytes === undefined ? '' : `, ${megabytes(bytes)} MB`);
  return [
    '',
    `${id}: ${purpose}`,
    `  licence     ${name}${licence.url === undefined ? '' : `, ${licence.url}`}`,
    `              commercial use is ${commercialUse ? 'allowed' : 'not allowed'}`,
    `  files       ${files.map(({ path, bytes }) => `${path}${size(bytes)}`).join('; ')}`,
    `  home        ${homes.length === 0 ? 'none: you bring them' : homes.join(', ')}`,
    `  made by     ${provenance.authors}`,
    `  trained on  ${provenance.trainingData}`,
    `  know this   ${provenance.caveats}`,
    `  measured    ${measured}`,
    '',
  ].join('\n');
}

/** Bars for downloads, checks and preparation, one after the other. */
function packProgress(terminal: Terminal): { onProgress: (progress: InstallProgress) => void; stop(): void } {
  const labels = { fetch: 'Fetching', copy: 'Copying', check: 'Checking' } as const;
  let current = '';
  let bar: Progress | undefined;
  const stop = () => {
    bar?.stop();
    bar = undefined;
  };
  return {
    stop,
    onProgress({ phase, item, done, total, unit }) {
      const label = phase === 'prepare' ? item : `${labels[phase]} ${item}`;
      if (label !== current) {
        stop();
        current = label;
        // Checking a small file is over before anyone could read that it began.
        if (phase === 'check' && total < 5e6) return;
        bar = createProgress(terminal, unit);
        bar.start(label, total);
      }
      bar?.update(done);
      if (done >= total && total > 0) stop();
    },
  };
}

const megabytes = (bytes: number): string => (bytes / 1e6).toFixed(1);
const sum = (sizes: readonly (number | undefined)[]): number =>
  sizes.reduce<number>((all, size) => all + (size ?? 0), 0);
