import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { runPullModels, runVerifyModels } from './commands/models.ts';
import { type PullFlags, runRemovePacks } from './commands/packs.ts';
import { exitCodeOf, exitCodes } from './exit-codes.ts';
import type { Terminal } from './output.ts';

describe('the options of packs', () => {
  const folder = mkdtempSync(join(tmpdir(), 'likeness-pack-options-'));
  const said: string[] = [];
  const terminal: Terminal = {
    print: (text) => said.push(text),
    note: (text) => said.push(text),
    interactive: false,
    columns: 120,
  };
  beforeAll(() => void vi.stubEnv('LIKENESS_MODELS_DIR', folder));
  afterAll(() => {
    vi.unstubAllEnvs();
    rmSync(folder, { recursive: true });
  });

  const refusal = async (ids: string[], flags: PullFlags) => {
    const error = await runPullModels(ids, { dataDir: folder, acceptLicence: true, ...flags }, terminal).then(
      () => undefined,
      (reason: unknown) => reason,
    );
    expect(exitCodeOf(error)).toBe(exitCodes.usage);
    return String(error);
  };

  it('are refused where they do not go with what is named, before anything is asked or fetched', async () => {
    expect(await refusal([], { from: '/x' })).toMatch(/name the pack: yolox/);
    expect(await refusal(['yunet', 'sface'], { sha256: ['a'] })).toMatch(/--sha256 goes with one pack/);
    expect(await refusal(['yunet'], { sha256: ['a.onnx=b'] })).toMatch(/has no file a.onnx/);
    expect(await refusal(['concepts'], { sha256: ['0'] })).toMatch(/<file>=<digest>.*tokenizer.json/);
    expect(await refusal(['yunet'], { sha256: ['0'.repeat(64)] })).toMatch(/pinned by this release/);
    expect(await refusal(['equipment'], { commercialUse: true })).toMatch(/goes with --licence/);
    expect(await refusal(['equipment'], { from: folder })).toMatch(/--licence "<name>"/);
    expect(await refusal(['equipment'], { licence: 'mine', commercialUse: true })).toMatch(/--from <folder>/);
    expect(await refusal(['yunet'], { licence: 'mine' })).toMatch(/is known \(MIT\)/);
    expect(await refusal(['yunet'], { mirror: 'example.org' })).toMatch(/http or https address/);
  });

  it('tell what to give for files that nobody has pinned', async () => {
    expect(await refusal(['concepts'], {})).toMatch(
      /huggingface\.co.*--sha256 vision_model_quantized\.onnx=<SHA-256> .*tokenizer/,
    );
  });

  it('name packs that are not there, with an exit code of their own', async () => {
    expect(await runRemovePacks(['yunet'], { dataDir: folder }, terminal)).toBe(exitCodes.notFound);
    await expect(runRemovePacks(['none'], { dataDir: folder }, terminal)).rejects.toThrow(/no pack none; there are/);
    expect(await runVerifyModels(['yunet'], { dataDir: folder }, terminal)).toBe(exitCodes.failed);
    expect(said.at(-1)).toMatch(/likeness models pull yunet/);
  });
});
