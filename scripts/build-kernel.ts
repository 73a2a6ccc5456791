/**
 * `npm run build:kernel`: assembles src/stores/vectors/codes/kernel.wat into kernel.ts beside it, which is what runs and
 * what is committed; a test holds the two together.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import openWabt from 'wabt';
import { packageRoot } from '../src/shared/package-root.ts';

const folder = join(packageRoot(), 'src', 'stores', 'vectors', 'codes');

/** The module that kernel.wat says, as bytes. */
export async function assembleKernel(): Promise<Uint8Array> {
  const wabt = await openWabt();
  const source = readFileSync(join(folder, 'kernel.wat'), 'utf8');
  const module = wabt.parseWat('kernel.wat', source, { simd: true, threads: true });
  try {
    return module.toBinary({}).buffer;
  } finally {
    module.destroy();
  }
}

if (process.argv[1]?.includes('build-kernel')) {
  const text = Buffer.from(await assembleKernel()).toString('base64');
  const lines = text.match(/.{1,110}/g) ?? [];
  writeFileSync(
    join(folder, 'kernel.ts'),
    `/** kernel.wat, assembled by \`npm run build:kernel\`; Base64. */\nexport const kernelBase64 =\n${lines
      .map((line) => `  '${line}'`)
      .join(' +\n')};\n`,
  );
}
