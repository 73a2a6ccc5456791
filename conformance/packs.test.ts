import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runLikeness, temporaryFolder } from './server.ts';
import { tinyOnnx } from './tiny-onnx.ts';

const folder = temporaryFolder('likeness-packs');
const modelsDir = join(folder, 'models');
const yunet = join(import.meta.dirname, '..', '..', 'shared', 'data', 'models', 'face_detection_yunet_2023mar.onnx');
const brought = join(folder, 'brought');
/** A net as YOLOv8 exports it, which finds nothing, and what its two classes are. */
const net = tinyOnnx({ input: [1, 3, 64, 64], output: [1, 6, 1], base: [0, 0, 0, 0, 0, 0], gain: [0, 0, 0, 0, 0, 0] });
const classes = JSON.stringify({
  input: { width: 64, height: 64 },
  output: 'yolov8',
  classes: ['PERSON', 'HEAD_COVER'],
});
const digestOf = (bytes: string | Uint8Array) => createHash('sha256').update(bytes).digest('hex');
const asked: string[] = [];
let home: Server;
let mirror: string;

beforeAll(async () => {
  mkdirSync(brought);
  writeFileSync(join(brought, 'equipment.onnx'), net);
  writeFileSync(join(brought, 'classes.json'), classes);
  home = createServer((request, response) => {
    asked.push(request.url ?? '');
    if (request.url?.startsWith('/yunet/') && existsSync(yunet)) response.end(readFileSync(yunet));
    else if (request.url?.startsWith('/sface/')) response.end('<html>Sign in to our network</html>');
    else response.writeHead(404).end();
  });
  await new Promise<void>((resolve) => home.listen(0, '127.0.0.1', resolve));
  mirror = `http://127.0.0.1:${(home.address() as AddressInfo).port}`;
});
afterAll(async () => {
  await new Promise((resolve) => home.close(resolve));
  rmSync(folder, { recursive: true, force: true });
});

const likeness = (...args: string[]) => runLikeness(folder, args, { LIKENESS_MODELS_DIR: modelsDir });

interface Listed {
  readonly id: string;
  readonly state: string;
  readonly pack?: boolean;
  readonly licence: string;
  readonly files?: readonly { readonly path: string; readonly sha256?: string; readonly pinnedBy?: string }[];
}
const listed = async (id: string) =>
  (JSON.parse((await likeness('models', 'list', '--json')).stdout) as Listed[]).find((each) => each.id === id);

describe('optional packs on the command line', () => {
  it('are shown with their licence, and fetched only once it is accepted', async () => {
    const { exitCode, stderr } = await likeness('models', 'pull', 'sface', '--mirror', mirror);
    expect(exitCode).toBe(3);
    expect(stderr).toMatch(/Apache-2\.0/);
    expect(stderr).toMatch(/--accept-licence/);
    expect(asked).toEqual([]);
  });

  it('are not installed from what is another file, and the command says what came', async () => {
    const { exitCode, stderr } = await likeness('models', 'pull', 'sface', '--mirror', mirror, '--accept-licence');
    expect(exitCode).toBe(1);
    expect(stderr).toMatch(/35 bytes, expected 38696353/);
    expect((await likeness('models', 'verify', 'sface')).exitCode).toBe(1);
  });

  it.skipIf(!existsSync(yunet))(
    'are fetched, verified, found whole, found damaged, mended and removed (skipped without ../shared/data)',
    async () => {
      const pull = (...more: string[]) => likeness('models', 'pull', 'yunet', '--accept-licence', ...more);
      expect(await pull('--mirror', mirror)).toMatchObject({ exitCode: 0 });
      expect(await listed('yunet')).toMatchObject({ state: 'installed', licence: 'MIT' });
      const pack = join(
        modelsDir,
        'packs',
        'yunet',
        `${digestOf(readFileSync(yunet)).slice(0, 16)}-face_detection_yunet_2023mar.onnx`,
      );
      writeFileSync(pack, 'tampered with');
      const verified = await likeness('models', 'verify', 'yunet');
      expect(verified.exitCode).toBe(1);
      expect(verified.stdout).toMatch(/likeness models pull yunet/);
      // Offline this time.
      expect(await pull('--from', yunet, '--json')).toMatchObject({ exitCode: 0 });
      expect((await likeness('models', 'verify', 'yunet')).exitCode).toBe(0);
      expect((await likeness('models', 'remove', 'yunet')).exitCode).toBe(0);
    },
  );

  it("take a model of the operator's own under the operator's licence and digests", async () => {
    const from = ['models', 'pull', 'equipment', '--from', brought, '--accept-licence'];
    const stated = [...from, '--licence', 'a contract', '--commercial-use'];
    const unpinned = await likeness(...stated);
    expect(unpinned.exitCode).toBe(2);
    expect(unpinned.stderr).toContain(`--sha256 equipment.onnx=${digestOf(net)}`);
    const installed = await likeness(...stated, ...digests());
    expect(installed).toMatchObject({ exitCode: 0 });
    expect(await listed('equipment')).toMatchObject({
      state: 'installed',
      licence: 'a contract',
      files: [{ pinnedBy: 'operator' }, { pinnedBy: 'operator' }],
    });
  });
});

const digests = () => ['--sha256', `equipment.onnx=${digestOf(net)}`, '--sha256', `classes.json=${digestOf(classes)}`];
