import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, describe, expect, it } from 'vitest';
import { openTestModels, testModelsDir } from '../../../tests/setup/models.ts';
import { packageRoot } from '../../shared/package-root.ts';

const home = mkdtempSync(join(tmpdir(), 'likeness-home-'));
afterAll(() => rmSync(home, { recursive: true, force: true }));

describe('a session of ONNX Runtime', () => {
  it("leaves no device id, no stored events and no session file of the runtime's own telemetry", async () => {
    await openTestModels();
    const folder = testModelsDir();
    const models = readdirSync(folder).filter((name) => name.endsWith('.onnx'));
    const [smallest = ''] = models.sort((a, b) => statSync(join(folder, a)).size - statSync(join(folder, b)).size);
    const net = pathToFileURL(join(packageRoot(), 'dist', 'vision', 'sessions', 'net.js')).href;
    const program = `const { openNet } = await import(${JSON.stringify(net)});
      await (await openNet(${JSON.stringify(join(folder, smallest))})).close();`;
    const run = (env: NodeJS.ProcessEnv) =>
      execFileSync(process.execPath, ['--input-type=module', '--eval', program], { cwd: home, env });
    // As the command line runs it, and as workers run: without a home folder.
    run({ HOME: home });
    run({});
    expect(readdirSync(home)).toEqual([]);
  });
});
