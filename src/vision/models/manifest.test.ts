import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { packageRoot } from '../../shared/package-root.ts';
import { readManifest } from './index.ts';

describe('the manifest of models', () => {
  const { packages, models, assets, learned } = readManifest();

  it('pins every package and every file by digest, inside the package', () => {
    for (const { package: name, files } of [...models, ...assets]) {
      expect(packages[name]).toMatchObject({
        version: expect.stringMatching(/^\d+\.\d+\.\d+$/),
        integrity: expect.stringMatching(/^sha512-[A-Za-z0-9+/]{86}==$/),
      });
      for (const file of files) {
        expect(file.sha256).toMatch(/^[0-9a-f]{64}$/);
        expect(file.path.split('/')).not.toContain('..');
        expect(file.path).toMatch(/^[a-z]/);
      }
    }
  });

  it('has ids of its own for every model, with licence, provenance and input layout', () => {
    expect(new Set(models.map(({ id }) => id)).size).toBe(models.length);
    for (const { licence, provenance, input, outputs, purpose } of models) {
      for (const text of [licence, purpose, input.layout, ...Object.values(provenance)]) expect(text).not.toBe('');
      expect(input.mean).toHaveLength(input.channels === 'luma' ? 1 : 3);
      expect(input.shape[0]).toBe('N');
      expect(outputs.length).toBeGreaterThan(0);
    }
  });

  it('names what this project learned by the digest of the file that is shipped, and what it was trained on', () => {
    expect(learned.map(({ id }) => id)).toEqual(['recipe-accurate', 'recipe-fast', 'probes']);
    for (const { file, sha256, provenance } of learned) {
      const bytes = readFileSync(join(packageRoot(), 'data', file));
      expect(createHash('sha256').update(bytes).digest('hex'), `data/models.json, ${file}`).toBe(sha256);
      expect(provenance.trainingData).toContain('research use');
    }
  });
});
