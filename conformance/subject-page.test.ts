import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { CreateCollectionCommand, IndexFacesCommand } from '@aws-sdk/client-rekognition';
import { type Browser, type BrowserContext, chromium, type Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { cropFace, samplePhoto } from './photos.ts';
import { type Server, startServer, temporaryFolder } from './server.ts';
import { send } from './wire.ts';

const executablePath = '/usr/bin/chromium';
const hasChromium = existsSync(executablePath);
if (!hasChromium) console.warn(`skipped: the page for subjects in a browser, because there is no ${executablePath}`);

/** Where pictures of each step are put, to be looked at; set LIKENESS_TEST_SCREENSHOTS. */
const screenshots = process.env.LIKENESS_TEST_SCREENSHOTS;

/** Chromium looks for updates at every start; a closed network makes that slow. */
const args = [
  ...['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking'],
  ...['--disable-component-update', '--disable-sync'],
];

describe.skipIf(!hasChromium)('the page for the person in the picture, in a browser', { timeout: 60_000 }, () => {
  let server: Server;
  let browser: Browser;
  let portrait: Uint8Array;
  let people = 0;

  beforeAll(async () => {
    server = await startServer();
    browser = await chromium.launch({ executablePath, args });
    portrait = await cropFace(samplePhoto(5), { Left: 0.42, Top: 0.2, Width: 0.14, Height: 0.3 });
    await server
      .client()
      .send(new CreateCollectionCommand({ CollectionId: 'door', Tags: { 'likeness:purpose': 'access-control' } }));
    if (screenshots !== undefined) mkdirSync(screenshots, { recursive: true });
  }, 120_000);
  afterAll(async () => {
    await browser?.close();
    await server?.stop();
  });

  /** A consenting person with a face in the collection. @returns the token of the receipt */
  async function enrolled(): Promise<string> {
    const subject = `badge-${++people}`;
    const body = JSON.stringify({
      subject,
      purpose: 'access-control',
      method: 'signed-form',
      noticeText: 'Your face opens the door of the house.',
    });
    const headers = { 'content-type': 'application/json' };
    const { json } = await send(server, { path: '/likeness/v1/consents', body, headers });
    const indexed = await server
      .client()
      .send(new IndexFacesCommand({ CollectionId: 'door', ExternalImageId: subject, Image: { Bytes: portrait } }));
    expect(indexed.FaceRecords).toHaveLength(1);
    return json.token;
  }

  /** A page of its own; without JavaScript unless axe needs it. */
  async function openPage(options: Parameters<Browser['newContext']>[0] = {}): Promise<Page> {
    const context: BrowserContext = await browser.newContext({ javaScriptEnabled: false, ...options });
    const page = await context.newPage();
    await page.goto(`${server.url}/likeness/subject`);
    return page;
  }

  async function picture(page: Page, name: string): Promise<void> {
    if (screenshots !== undefined) await page.screenshot({ path: join(screenshots, `${name}.png`), fullPage: true });
  }

  it('lets a person see, download, contest and withdraw, without JavaScript', async () => {
    const token = await enrolled();
    const page = await openPage({ acceptDownloads: true });
    await picture(page, '1-ask');
    await page.getByLabel('Your token').fill(token);
    await page.getByRole('button', { name: 'Show what is held of me' }).click();
    await expect.poll(() => page.getByRole('heading', { level: 1 }).textContent()).toBe('What is held of you');
    expect(await page.getByRole('table').first().textContent()).toContain('door');
    expect(page.url()).not.toContain(token);
    await picture(page, '2-file');

    const [download] = await Promise.all([
      page.waitForEvent('download'),
      page.getByRole('button', { name: 'Download what is held' }).click(),
    ]);
    const file = join(temporaryFolder(), download.suggestedFilename());
    await download.saveAs(file);
    expect(JSON.parse(readFileSync(file, 'utf8')).receipt.purpose).toBe('access-control');

    await page.getByLabel('What is wrong?').fill('I never was at that door.');
    await page.getByRole('button', { name: 'Send' }).click();
    await expect.poll(() => page.getByRole('status').textContent()).toContain('It was sent');
    await picture(page, '3-contested');

    await page.getByRole('button', { name: 'Withdraw my consent' }).click();
    await picture(page, '4-confirm');
    await page.getByRole('button', { name: 'Yes, erase everything now' }).click();
    await expect.poll(() => page.getByRole('heading', { level: 1 }).textContent()).toBe('Erased');
    await picture(page, '5-erased');

    const again = await openPage();
    await again.getByLabel('Your token').fill(token);
    await again.getByRole('button', { name: 'Show what is held of me' }).click();
    await expect.poll(() => again.getByText('Nothing is held of your face.').count()).toBe(1);
    await picture(again, '6-after');
  });

  it('is walked with the keyboard alone', async () => {
    const token = await enrolled();
    const page = await openPage();
    await page.keyboard.press('Tab');
    await page.keyboard.type(token);
    await page.keyboard.press('Tab');
    await page.keyboard.press('Enter');
    await expect.poll(() => page.getByRole('heading', { level: 1 }).textContent()).toBe('What is held of you');
    const reached = new Set<string>();
    for (let i = 0; i < 20; i++) {
      await page.keyboard.press('Tab');
      const focused = page.locator('button:focus');
      if ((await focused.count()) > 0) reached.add((await focused.textContent()) ?? '');
    }
    for (const name of ['Download what is held', 'Send', 'Withdraw my consent …']) expect(reached).toContain(name);
  });

  it.each([
    ['light', 'a wide screen', 1000],
    ['dark', 'a phone', 360],
  ] as const)('passes the checks of axe, %s on %s', async (colorScheme, _screen, width) => {
    const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
    // The page allows itself no script; axe is one, so the policy is set aside for the checks alone.
    const page = await openPage({
      javaScriptEnabled: true,
      bypassCSP: true,
      colorScheme,
      viewport: { width, height: 900 },
    });
    const faults = async (): Promise<string[]> => {
      await page.evaluate(axe);
      const { violations } = (await page.evaluate('axe.run()')) as {
        violations: { id: string; nodes: { html: string }[] }[];
      };
      return violations.map(({ id, nodes }) => `${id}: ${nodes[0]?.html}`);
    };
    const overflow = () => page.evaluate('document.documentElement.scrollWidth - window.innerWidth');
    expect(await faults()).toEqual([]);
    await page.getByLabel('Your token').fill('x');
    await page.getByRole('button').click();
    expect(await faults()).toEqual([]);
    await page.goto(`${server.url}/likeness/subject`);
    await page.getByLabel('Your token').fill(await enrolled());
    await page.getByRole('button').click();
    await expect.poll(() => page.getByRole('heading', { level: 1 }).textContent()).toBe('What is held of you');
    expect(await faults()).toEqual([]);
    expect(await overflow()).toBeLessThanOrEqual(0);
    await picture(page, `axe-${colorScheme}`);
    await page.getByRole('button', { name: 'Withdraw my consent' }).click();
    expect(await faults()).toEqual([]);
  });
});
