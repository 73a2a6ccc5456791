import { expect, it } from 'vitest';
import { askPage, confirmPage, filePage, type SubjectView, withdrawnPage, wrongPage } from './pages.ts';
import { english } from './texts.ts';

const evil = `"><script>alert(1)</script>'&<img src=x onerror=y>`;

const view: SubjectView = {
  receipt: {
    receiptId: evil,
    purpose: evil,
    purposeFor: evil,
    state: 'active',
    method: evil,
    minor: true,
    grantedAt: '2026-11-01T00:00:00.000Z',
    expiresAt: '2027-11-01T00:00:00.000Z',
    certificateId: evil,
  },
  faces: [
    { collectionId: evil, faceId: evil, storedAt: '2026-11-02T00:00:00.000Z', erasedBy: '2027-11-01T00:00:00.000Z' },
  ],
  uses: [{ month: evil, operation: evil, calls: 2 }],
  usesSince: '2026-10-01T00:00:00.000Z',
  reviewCases: 1,
  contests: [
    {
      contestId: evil,
      at: '2026-11-03T00:00:00.000Z',
      text: evil,
      state: 'answered',
      answer: evil,
      answeredAt: '2026-11-04T00:00:00.000Z',
    },
  ],
};

it('escapes every word that comes from elsewhere', () => {
  const pages = [
    filePage(english, view, evil, evil),
    confirmPage(english, evil),
    withdrawnPage(english, { certificateId: evil, certificate: evil, suspended: false }, evil),
    wrongPage(english, evil),
  ];
  for (const html of pages) {
    expect(html).not.toContain('<script');
    expect(html).not.toContain('<img');
    expect(html).not.toMatch(/="[^"]*"><script/);
  }
});

it('runs no script, loads nothing from elsewhere and puts the token in no address', () => {
  for (const html of [askPage(english), filePage(english, view, 'TOKEN', undefined)]) {
    expect(html).not.toMatch(/<script|<link|<img|<iframe|url\(|@import|https?:/);
    expect(html).not.toMatch(/(href|action)="[^"]*TOKEN/);
  }
});

it('offers withdrawal while the consent stands, and not after', () => {
  const ended = { ...view, receipt: { ...view.receipt, state: 'withdrawn' } };
  expect(filePage(english, view, 't')).toContain(english.withdraw.button);
  expect(filePage(english, ended, 't')).not.toContain(english.withdraw.button);
});
