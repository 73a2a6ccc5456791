import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  type BiasReport,
  defaultProtocol,
  makeBiasReport,
  type ScoredPair,
  type SignedBiasReport,
} from '../../src/bias/index.ts';
import { seededRandom } from '../../src/bias/random.ts';
import { type EvaluateBiasFlags, runEvaluateBias } from '../../src/cli/commands/evaluate.ts';
import { runVerifyReport } from '../../src/cli/commands/verify-report.ts';
import { loadConfig } from '../../src/config/index.ts';
import { verifyDocument } from '../../src/shared/signing.ts';
import { openOffice } from '../builders/office.ts';
import { wire } from '../builders/open-house.ts';
import { syntheticPairs, syntheticThreshold } from '../builders/scored-pairs.ts';

const group = { name: 'g', people: 40, falseMatchRate: 0.05, falseNonMatchRate: 0.1 };

function reportOf(pairs: readonly ScoredPair[]): BiasReport {
  return makeBiasReport(pairs, {
    ...defaultProtocol,
    replicates: 100,
    threshold: syntheticThreshold,
    thresholdFrom: 'the default',
    scale: { low: 0, high: 150 },
    data: { form: 'pairs', files: {}, identities: 'stated', repeatedPairs: 0 },
  });
}

const honest = reportOf(syntheticPairs([group], seededRandom(1)));

describe('getting something signed that is no bias report of this server', () => {
  it('is refused for other documents, however they are dressed up', async () => {
    const { operator } = await openOffice();
    for (const document of [
      'no JSON',
      '[]',
      '{"kind":"likeness/consent-receipt"}',
      JSON.stringify({ ...honest, kind: 'likeness/erasure-certificate' }),
      JSON.stringify({ kind: 'likeness/bias-report' }),
    ]) {
      await expect(operator.own('SignReport', { report: document })).rejects.toMatchObject({
        code: 'InvalidParameterException',
      });
    }
  });

  it('never carries what the client says of the server, nor members beside the report', async () => {
    const { operator, house } = await openOffice();
    const origin = { software: 'another 9.9', policy: { version: '0', digest: 'mine' }, models: [] };
    const slipped = { ...honest, origin, signature: { algorithm: 'Ed25519', keyId: 'x', value: 'y' }, subject: 'Ann' };
    const { report, publicKeyPem } = await operator.own('SignReport', { report: JSON.stringify(slipped) });
    const signed = JSON.parse(report) as SignedBiasReport;
    expect(signed.origin.software).not.toBe('another 9.9');
    expect(signed.origin.policy.digest).toBe(house.policy.digest);
    expect(signed.origin.models?.length).toBeGreaterThan(0);
    expect(signed).not.toHaveProperty('subject');
    expect(verifyDocument(publicKeyPem, signed)).toBe(true);
  });

  it('is refused to who only searches', async () => {
    const office = await openOffice();
    const searcher = await office.hire('Searcher', ['searcher']);
    await expect(searcher.own('SignReport', { report: JSON.stringify(honest) })).rejects.toMatchObject({
      code: 'AccessDeniedException',
    });
  });
});

describe('making a small sample look large', () => {
  const few = Array.from({ length: 8 }, (_, i) => ({ person: `p${i}`, group: 'few' }));

  it('by thousands of pairs of a few people gets no rate', () => {
    const pairs = few.flatMap((a) =>
      Array.from({ length: 500 }, (): ScoredPair => ({ a, b: a, same: true, score: 99 })),
    );
    expect(reportOf(pairs).measurement.groups[0]?.falseNonMatch.status).toBe('refused');
  });

  it('by repeating pairs of enough people narrows nothing', () => {
    const once = syntheticPairs([{ ...group, genuinePairs: 1 }], seededRandom(2));
    const width = (pairs: readonly ScoredPair[]) => {
      const figure = reportOf(pairs).measurement.groups[0]?.falseNonMatch;
      if (figure?.status === 'measured') return figure.interval.upper - figure.interval.lower;
      return figure?.status === 'bounded' ? figure.below : 1;
    };
    const repeated = width(Array.from({ length: 10 }, () => once).flat());
    expect(repeated).toBeGreaterThan(0.75 * width(once));
  });
});

describe('from the command line', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'likeness-bias-attack-'));
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));
  const terminal = { print: () => {}, note: () => {}, interactive: false, columns: 100 };

  function flags(more: Partial<EvaluateBiasFlags>): EvaluateBiasFlags {
    const pairs = syntheticPairs([group], seededRandom(3));
    const scores = join(folder, 'scores.csv');
    // Synthetic scores run beyond 100; what stands for a similarity does not.
    const rows = pairs.map(({ a, b, same, score = 0 }) =>
      [a.group, b.group, a.person, b.person, same ? 1 : 0, Math.min(100, Math.max(0, score))].join(','),
    );
    writeFileSync(scores, ['group_a,group_b,person_a,person_b,same,score', ...rows].join('\n'));
    return { scores, dataDir: join(folder, 'data'), out: join(folder, 'report'), replicates: 200, ...more };
  }

  const written = () => JSON.parse(readFileSync(join(folder, 'report.json'), 'utf8')) as SignedBiasReport;

  it('a threshold below the floor of the purpose is raised to it', async () => {
    expect(await runEvaluateBias(flags({ threshold: 10, purpose: 'access-control' }), terminal)).toBe(0);
    expect(written().protocol).toMatchObject({
      threshold: 99,
      thresholdFrom: 'the similarity floor of access-control',
    });
  });

  it('scores that were brought along are never passed off as this server’s models’', async () => {
    await runEvaluateBias(flags({}), terminal);
    expect(written().origin).not.toHaveProperty('models');
    expect(readFileSync(join(folder, 'report.html'), 'utf8')).toContain('scores were brought along');
  });

  it('a report or page that was changed afterwards is found', async () => {
    const { keyring, close } = await wire(
      loadConfig({ env: { LIKENESS_DATA_DIR: join(folder, 'data') }, cwd: folder }),
      { vision: false },
    );
    const publicKey = join(folder, 'public-key.pem');
    writeFileSync(publicKey, keyring.signer.publicKeyPem);
    await close();
    await runEvaluateBias(flags({}), terminal);
    const [json, html] = [join(folder, 'report.json'), join(folder, 'report.html')];
    const verify = () => runVerifyReport(json, { publicKey, page: html }, terminal);
    expect(verify()).toBe(0);
    const page = readFileSync(html, 'utf8');
    writeFileSync(html, page.replace('10 %', '1 %'));
    expect(verify()).toBe(1);
    writeFileSync(html, page);
    writeFileSync(json, readFileSync(json, 'utf8').replace('"threshold":80', '"threshold":81'));
    expect(verify()).toBe(1);
  });

  it('scores of another scale are not held against the threshold of similarities', async () => {
    const scores = join(folder, 'cosines.csv');
    writeFileSync(scores, 'group_a,group_b,person_a,person_b,same,score\ng,g,p,p,1,0.7\ng,g,p,q,0,-0.1\n');
    await expect(runEvaluateBias({ ...flags({}), scores }, terminal)).rejects.toThrow(/name their --threshold/);
  });

  it('fewer replicates than the intervals need are refused', async () => {
    await expect(runEvaluateBias(flags({ replicates: 2 }), terminal)).rejects.toThrow(/at least 200/);
  });
});
