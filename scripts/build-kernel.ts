/**
 * `npm run build:kernel`: assembles each kernel.wat into kernel.ts beside it, which is what runs and what is committed;
 * tests hold the two together.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import openWabt from 'wabt';
import { packageRoot } from '../src/shared/package-root.ts';

/** Where there is a kernel, below src/. */
export type KernelFolder = 'stores/vectors/codes' | 'vision/align';
const folders: readonly KernelFolder[] = ['stores/vectors/codes', 'vision/align'];

/** The module that a folder's kernel.wat says, as bytes. */
export async function assembleKernel(folder: KernelFolder = 'stores/vectors/codes'): Promise<Uint8Array> {
  const wabt = await openWabt();
  const source = readFileSync(join(packageRoot(), 'src', folder, 'kernel.wat'), 'utf8');
  const module = wabt.parseWat('kernel.wat', source, { simd: true, threads: true });
  try {
    return module.toBinary({}).buffer;
  } finally {
    module.destroy();
  }
}

if (process.argv[1]?.includes('build-kernel')) {
  for (const folder of folders) {
    const text = Buffer.from(await assembleKernel(folder)).toString('base64');
    const lines = text.match(/.{1,110}/g) ?? [];
    writeFileSync(
      join(packageRoot(), 'src', folder, 'kernel.ts'),
      `/** kernel.wat, assembled by \`npm run build:kernel\`; Base64. */\nexport const kernelBase64 =\n${lines
        .map((line) => `  '${line}'`)
        .join(' +\n')};\n`,
    );
  }
}
