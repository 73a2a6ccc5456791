import { describeCalibration, openModels, versionsOfFaceModels } from '../../compose.ts';
import { configOf, type GlobalOptions, modelProgress } from '../connect.ts';
import { exitCodes, UsageError } from '../exit-codes.ts';
import { printResult, renderTable, type Terminal } from '../output.ts';

/** Lists the models with state, licence and provenance. */
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
  printResult(terminal, flags.json === true, list, () =>
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
      'Provenance and training data of each: likeness models list --json',
    ].join('\n'),
  );
}

/** Fetches and converts what is missing or damaged. */
export async function runPullModels(ids: readonly string[], flags: GlobalOptions, terminal: Terminal): Promise<void> {
  const models = openModels(configOf(flags));
  const { onModelProgress } = modelProgress(terminal);
  await models.pull(ids.length > 0 ? ids : undefined, { ...(onModelProgress && { onProgress: onModelProgress }) });
  await runListModels(flags, terminal);
}

/** Checks every model's digest. @returns the exit code */
export async function runVerifyModels(
  ids: readonly string[],
  flags: GlobalOptions,
  terminal: Terminal,
): Promise<number> {
  const models = openModels(configOf(flags));
  const faults = await models.verify(ids.length > 0 ? ids : undefined);
  printResult(
    terminal,
    flags.json === true,
    faults.map((fault) => ({ fault: fault.name, message: fault.message })),
    () =>
      faults.length === 0 ? 'every model is what the manifest says' : faults.map(({ message }) => message).join('\n'),
  );
  return faults.length === 0 ? exitCodes.ok : exitCodes.failed;
}

/** Prints what a similarity means. */
export function runCalibration(version: string | undefined, _flags: GlobalOptions, terminal: Terminal): void {
  const known = versionsOfFaceModels();
  if (version !== undefined && !known.includes(version)) {
    throw new UsageError(`there is no face model ${version}; there are ${known.join(', ')}`);
  }
  const wanted = version === undefined ? known : [version];
  terminal.print(wanted.map((each) => describeCalibration(each)).join('\n\n'));
}
