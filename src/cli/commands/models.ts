import { describeFaceModels, openModels, PackMissingError } from '../../compose.ts';
import { configOf, type GlobalOptions, modelProgress } from '../connect.ts';
import { exitCodes, UsageError } from '../exit-codes.ts';
import { printResult, renderTable, type Terminal } from '../output.ts';
import { isPack, type PullFlags, packsOf, packTable, pulledText, pullPacks, rowOf } from './packs.ts';

/** Lists the models and the optional packs with state, licence and provenance. */
export async function runListModels(flags: GlobalOptions, terminal: Terminal): Promise<void> {
  const models = openModels(configOf(flags));
  const fetched = (await models.list()).map(({ entry, state, path }) => ({
    id: entry.id,
    state: state as string,
    purpose: entry.purpose,
    package: `${entry.package}@${models.manifest.packages[entry.package]?.version}`,
    megabytes: (entry.onnx.bytes / 1e6).toFixed(1),
    licence: entry.licence,
    commercialUse: entry.commercialUse,
    provenance: entry.provenance,
    sha256: entry.onnx.sha256,
    path,
  }));
  const learned = models.manifest.learned.map(({ file, ...entry }) => ({
    ...entry,
    state: 'shipped',
    package: 'likeness',
    megabytes: '-',
    path: `data/${file}`,
  }));
  const list = [...fetched, ...learned];
  const packs = (await packsOf(flags).list()).map(rowOf);
  printResult(terminal, flags.json === true, [...list, ...packs], () =>
    [
      renderTable(list, [
        { title: 'model', value: ({ id }) => id },
        { title: 'state', value: ({ state }) => state },
        { title: 'MB', value: ({ megabytes }) => megabytes, align: 'right' },
        { title: 'licence', value: ({ licence }) => licence },
        { title: 'commercial use', value: ({ commercialUse }) => (commercialUse ? 'allowed' : 'not allowed') },
        { title: 'package', value: (model) => model.package },
        { title: 'for', value: ({ purpose }) => purpose },
      ]),
      '',
      packTable(packs),
      'Provenance and training data of each: likeness models list --json',
    ].join('\n'),
  );
}

/** Fetches and converts what is missing or damaged of the models; installs the packs that are named. */
export async function runPullModels(ids: readonly string[], flags: PullFlags, terminal: Terminal): Promise<void> {
  const packs = packsOf(flags);
  const wantedPacks = ids.filter((id) => isPack(packs, id));
  const wantedModels = ids.filter((id) => !isPack(packs, id));
  if (wantedPacks.length === 0 && (flags.from ?? flags.sha256 ?? flags.licence ?? flags.mirror) !== undefined)
    throw new UsageError(`name the pack: ${packs.manifest.packs.map(({ id }) => id).join(', ')}`);
  if (ids.length === 0 || wantedModels.length > 0) {
    const models = openModels(configOf(flags));
    const { onModelProgress } = modelProgress(terminal);
    const wanted = ids.length > 0 ? wantedModels : undefined;
    await models.pull(wanted, { ...(onModelProgress && { onProgress: onModelProgress }) });
  }
  const pulled = await pullPacks(wantedPacks, flags, terminal);
  if (ids.length === 0 || wantedModels.length > 0) {
    if (pulled.length > 0) terminal.note(pulledText(pulled));
    await runListModels(flags, terminal);
  } else printResult(terminal, flags.json === true, pulled, () => pulledText(pulled));
}

/** Checks the digest of every model and of every installed pack, or of those that are named. @returns the exit code */
export async function runVerifyModels(
  ids: readonly string[],
  flags: GlobalOptions,
  terminal: Terminal,
): Promise<number> {
  const packs = packsOf(flags);
  const models = openModels(configOf(flags));
  const wantedModels = ids.filter((id) => !isPack(packs, id));
  const faults: Error[] = [];
  if (ids.length === 0 || wantedModels.length > 0)
    faults.push(...(await models.verify(ids.length > 0 ? wantedModels : undefined)));
  for (const { entry, state, problem } of await packs.list()) {
    const named = ids.includes(entry.id);
    if (ids.length > 0 && !named) continue;
    if (problem) faults.push(problem);
    else if (named && state !== 'installed') faults.push(new PackMissingError(entry.id));
  }
  printResult(
    terminal,
    flags.json === true,
    faults.map((fault) => ({ fault: fault.name, message: fault.message })),
    () =>
      faults.length === 0
        ? 'every model and every installed pack is what its manifest says'
        : faults.map(({ message }) => message).join('\n'),
  );
  return faults.length === 0 ? exitCodes.ok : exitCodes.failed;
}

/** Prints what a similarity means. */
export async function runCalibration(
  version: string | undefined,
  flags: GlobalOptions,
  terminal: Terminal,
): Promise<number> {
  const models = await describeFaceModels(configOf(flags));
  const known = models.map((model) => model.version);
  if (version !== undefined && !known.includes(version)) {
    throw new UsageError(`there is no face model ${version}; there are ${known.join(', ')}`);
  }
  const wanted = models.filter((model) => version === undefined || model.version === version);
  terminal.print(wanted.map(({ text }) => text).join('\n\n'));
  return version !== undefined && wanted.some(({ problem }) => problem) ? exitCodes.failed : exitCodes.ok;
}
