/**
 * Writes the size and SHA-256 of every converted model into data/models.json, after the converter or the manifest changed.
 *
 * Run: `npx vite-node scripts/update-model-digests.ts -- <models folder>`; the folder must hold the source files
 * (any `likeness models pull` has put them there).
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { packageRoot } from '../src/shared/package-root.ts';
import { convertModel } from '../src/vision/models/convert.ts';
import { sha256 } from '../src/vision/models/digest.ts';
import { readManifest } from '../src/vision/models/manifest.ts';

const folder = process.argv.at(-1) ?? '';
const manifest = readManifest();
const models = manifest.models.map((entry) => {
  const read = (digest: string, path: string): Uint8Array =>
    readFileSync(join(folder, 'sources', `${digest.slice(0, 16)}-${basename(path)}`));
  const sources = new Map(entry.files.map((file) => [file.path, read(file.sha256, file.path)]));
  const onnx = convertModel(entry, sources);
  const converted = { bytes: onnx.byteLength, sha256: sha256(onnx) };
  if (converted.sha256 !== entry.onnx.sha256) console.log(`${entry.id}: ${entry.onnx.sha256} -> ${converted.sha256}`);
  return { ...entry, onnx: converted };
});
writeFileSync(join(packageRoot(), 'data', 'models.json'), `${JSON.stringify({ ...manifest, models }, null, 2)}\n`);
