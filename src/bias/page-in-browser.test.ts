import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Browser, chromium } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { syntheticPairs, syntheticThreshold } from '../../tests/builders/scored-pairs.ts';
import { packageRoot } from '../shared/package-root.ts';
import { createSigner, makeSigningKey } from '../shared/signing.ts';
import { biasReportPage, defaultProtocol, makeBiasReport, signBiasReport } from './index.ts';
import { seededRandom } from './random.ts';

const executablePath = '/usr/bin/chromium';
const present = existsSync(executablePath);
if (!present) console.warn(`skipped: the bias report's page in a browser; there is no ${executablePath}`);

/** A page with everything that can stand on one: rates, bounds, a group refused, a differential. */
function page(): string {
  const pairs = syntheticPairs(
    [
      { name: 'one', people: 120, falseMatchRate: 0.1, falseNonMatchRate: 0.1, failureRate: 0.05 },
      { name: 'two', people: 120, falseMatchRate: 1e-6, falseNonMatchRate: 0.1, impostorPairs: 40 },
      {
        name: 'a group with a name that is longer than a plot has room for',
        people: 5,
        falseMatchRate: 0.1,
        falseNonMatchRate: 0.1,
      },
    ],
    seededRandom(4),
  );
  const report = makeBiasReport(pairs, {
    ...defaultProtocol,
    replicates: 100,
    threshold: syntheticThreshold,
    thresholdFrom: 'the default',
    scale: { low: 0, high: 150 },
    data: { form: 'scores', files: { scores: 'a'.repeat(64) }, identities: 'stated', repeatedPairs: 0 },
  });
  const policy = { version: '1', digest: 'd'.repeat(64) };
  return biasReportPage(
    signBiasReport(createSigner(makeSigningKey()), report, { software: 's', signedAt: '2026-01-01T00:00:00Z', policy }),
  );
}

interface Axe {
  run(): Promise<{ violations: { id: string; nodes: { html: string }[] }[] }>;
}

describe.skipIf(!present)('the page in a browser', () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await chromium.launch({ executablePath, args: ['--no-sandbox', '--disable-gpu', '--disable-quic'] });
  });
  afterAll(() => browser?.close());

  it.each([
    ['light', 1000],
    ['dark', 1000],
    ['light', 380],
    ['dark', 380],
  ] as const)(
    'passes accessibility checks in %s, %i pixels wide, and asks for nothing from outside',
    async (colorScheme, width) => {
      const tab = await browser.newPage({ colorScheme, viewport: { width, height: 900 } });
      const asked: string[] = [];
      tab.on('request', (request) => asked.push(request.url()));
      await tab.setContent(page());
      const before = asked.length;
      await tab.addScriptTag({
        content: readFileSync(join(packageRoot(), 'node_modules', 'axe-core', 'axe.min.js'), 'utf8'),
      });
      const { violations } = await tab.evaluate(async () => (globalThis as unknown as { axe: Axe }).axe.run());
      expect(violations.map(({ id, nodes }) => `${id}: ${nodes[0]?.html}`)).toEqual([]);
      expect(before).toBe(0);
      const beyond = await tab.evaluate('document.documentElement.scrollWidth - window.innerWidth');
      expect(beyond).toBeLessThanOrEqual(0);
      await tab.close();
    },
  );
});
