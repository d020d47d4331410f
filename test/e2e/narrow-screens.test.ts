import assert from 'node:assert/strict';
import type { Page } from 'playwright-core';
import { idpCertificate, markTested } from '../support/auth-providers.ts';
import { anIntegration } from '../support/security-records.ts';
import { buttonOf, hasNoSidewaysScroll, organizationPages, rowOf } from './organization-pages.ts';
import { assertAccessible, memberRow } from './pages.ts';

/** WCAG 2.5.8: the minimum width and height of a target. */
const targetPxMin = 24;
const phone = { width: 390, height: 844 };
const longUrl = 'https://login.a-rather-long-name-of-an-identity-provider.example/auth/realms/our-company/protocol/';
const longDomain = 'a-rather-long-name-of-our-company.example';

/** Pages with lists and forms, and a text that they show at the end. */
const longPages = [
  ['single-sign-on', 'Remove provider'],
  ['domains', longDomain],
  ['provisioning', 'Base URL'],
  ['ip-addresses', '203.0.113.0/24'],
  ['webhooks', longUrl],
  ['integrations', 'Connect PagerDuty'],
  ['retention', 'History begins'],
] as const;

describe('the console on a phone', () => {
  const at = organizationPages();

  /** The targets that are too small for fingers. Links within text are exempt (WCAG 2.5.8). */
  async function smallTargets(page: Page): Promise<string[]> {
    return page.evaluate((min) => {
      const targets = document.querySelectorAll<HTMLElement>('button, input:not([type=file]), select, textarea, summary, [role=button]');
      return [...targets].flatMap((element) => {
        const { width, height } = element.getBoundingClientRect();
        // An element of a single pixel is for screen readers only.
        if (!element.checkVisibility({ visibilityProperty: true }) || width <= 1 || (width >= min && height >= min)) return [];
        return [`${element.ariaLabel ?? element.textContent} (${element.tagName}, ${width} × ${height})`];
      });
    }, targetPxMin);
  }

  /** The parts of the main content that extend beyond the window. */
  async function clippedParts(page: Page): Promise<string[]> {
    return page.evaluate(() =>
      [...document.querySelectorAll<HTMLElement>('main *')]
        .filter((element) => element.checkVisibility() && element.getBoundingClientRect().right > innerWidth + 1)
        .map((element) => `${element.tagName}.${element.className}: ${element.textContent.slice(0, 60)}`),
    );
  }

  it('[H-70] has no target smaller than 24 px on any page', async () => {
    for (const slug of ['web', 'data']) await at.asOwner('POST', '/organizations/:org/teams/', { slug });
    await at.asOwner('POST', `/teams/${at.slug}/web/projects/`, { name: 'shop' });
    await at.asOwner('POST', '/organizations/:org/org-auth-tokens/', { name: 'Deploy', scopes: ['org:ci'] });
    await at.asOwner('POST', '/organizations/:org/members/', { email: 'ada@example.org', orgRole: 'member' });
    await at.aMember('member', ['web', 'data']);
    const page = await at.open(at.owner, 'members', phone);
    const boxes = page.getByRole('checkbox');
    assert.equal(await boxes.count(), 4, 'one for all rows, and one per member and invitation');
    for (const box of await boxes.all()) {
      const { width, height } = (await box.boundingBox())!;
      assert.ok(width >= targetPxMin && height >= targetPxMin, `a checkbox is ${width} × ${height} px`);
    }
    for (const path of [
      'members',
      'invitations',
      'teams',
      'projects',
      'settings',
      'security',
      'ip-addresses',
      'tokens',
      'audit-log',
      'security-events',
    ]) {
      await page.goto(new URL(`/organizations/${at.slug}/${path}/`, at.server.url).href);
      await page.getByRole('main').locator('table, [role=switch]').first().waitFor();
      assert.deepEqual(await smallTargets(page), [], path);
      await hasNoSidewaysScroll(page);
    }
    await page.goto(new URL('/account/', at.server.url).href);
    await buttonOf(page, 'Create token').click();
    await page.getByRole('checkbox', { name: 'org:read' }).waitFor();
    assert.deepEqual(await smallTargets(page), [], 'account');
    await assertAccessible(page, 'dialog');
  });

  for (const width of [phone.width, 1440])
    it(`[H-70] fits the pages about access and other tools, ${width} px wide`, async () => {
      const { body } = await at.asOwner('GET', '/organizations/:org/');
      const recovery = await at.aMember('owner');
      await at.server.operate('POST', `/users/${recovery.id}/authenticators/`, { type: 'totp' });
      const saml = { entity_id: `${longUrl}metadata`, sso_url: `${longUrl}sso`, x509certs: [idpCertificate.base64] };
      await at.asOwner('POST', '/organizations/:org/auth-provider/', { key: 'saml2', config: saml });
      await markTested(at.server, body.id);
      await at.asOwner('PUT', '/organizations/:org/auth-provider/', { active: true, recovery_members: [recovery.memberId] });
      await at.asOwner('PUT', '/organizations/:org/auth-provider/', { scim_enabled: true });
      await at.asOwner('POST', '/organizations/:org/domains/', { domain: longDomain, role: 'owned' });
      const rules = ['2001:db8:1234:5678:9abc:def0:1234:5678', '127.0.0.1', '203.0.113.0/24'].map((cidr, index) => ({
        cidr,
        description: 'The head office behind the second gateway of the provider',
        expiresAt: index === 0 ? new Date(Date.now() + 86_400_000).toISOString() : null,
      }));
      await at.asOwner('PUT', '/organizations/:org/ip-allow-list/', { isEnabled: true, rules });
      await at.asOwner('POST', '/organizations/:org/webhooks/', { url: longUrl, description: longDomain });
      await anIntegration(at.server, body.id, {
        name: longDomain,
        status: 'disabled',
        disabledReason: `${longDomain} removed the connection`,
      });
      const page = await at.open(at.owner, 'members', { ...phone, width });
      for (const [path, last] of longPages) {
        await page.goto(new URL(`/organizations/${at.slug}/${path}/`, at.server.url).href);
        await page.getByText(last).first().waitFor();
        for (const summary of await page.locator('summary').all()) await summary.click();
        if (width === phone.width) assert.deepEqual(await smallTargets(page), [], path);
        await hasNoSidewaysScroll(page);
        assert.deepEqual(await clippedParts(page), [], path);
        await assertAccessible(page);
      }
    });

  it('[H-70] shows the 2FA status on cards only to viewers who manage members', async () => {
    const [manager, member] = [await at.aMember('manager'), await at.aMember('member')];
    await at.server.operate('POST', `/users/${member.id}/authenticators/`, { type: 'totp' });
    for (const width of [phone.width, 800]) {
      const page = await at.open(manager, 'members', { ...phone, width });
      await memberRow(page, member.email).getByText('On', { exact: true }).waitFor();
      await memberRow(page, manager.email).getByText('Off', { exact: true }).waitFor();
      if (width === phone.width) assert.equal(await memberRow(page, member.email).getByText('2FA', { exact: true }).isVisible(), true);
      await hasNoSidewaysScroll(page);
      await assertAccessible(page);
    }
    const page = await at.open(await at.aMember('member'), 'members', phone);
    await memberRow(page, member.email).waitFor();
    assert.equal(await page.getByRole('table').getByText('2FA').count(), 0);
  });

  it('[H-52] fits the button to reset 2FA into the member panel', async () => {
    const member = await at.aMember('member');
    await at.server.operate('POST', `/users/${member.id}/authenticators/`, { type: 'totp' });
    const page = await at.open(at.owner, 'members', phone);
    await page.getByRole('link', { name: `details of ${member.email}` }).click();
    const box = (await buttonOf(page, 'Reset 2FA').boundingBox())!;
    assert.ok(box.x + box.width <= phone.width, `it ends at ${box.x + box.width} px`);
  });

  for (const { width } of [phone, { width: 1440 }])
    it(`[H-70] clips tables at the round corners of their cards, ${width} px wide`, async () => {
      await at.asOwner('POST', '/organizations/:org/org-auth-tokens/', { name: 'Deploy', scopes: ['org:ci'] });
      const page = await at.open(at.owner, 'tokens', { width, height: 844 });
      await rowOf(page, 'Tokens', 'Deploy').hover();
      const inside = await page.locator('.card.tokens').evaluate((card) => {
        const { left, right, top, bottom } = card.getBoundingClientRect();
        const corners = [left + 2, right - 2].flatMap((x) => [top + 2, bottom - 2].map((y) => [x, y] as const));
        return corners.filter(([x, y]) => card.contains(document.elementFromPoint(x, y)));
      });
      assert.deepEqual(inside, [], 'nothing of the card is drawn in its corners');
    });

  for (const theme of ['light', 'dark'] as const)
    it(`[H-70] shows that a row under the pointer is selected, in the ${theme} theme`, async () => {
      const [one, other] = [await at.aMember('member'), await at.aMember('member')];
      const page = await at.open(at.owner, 'members', { theme });
      await memberRow(page, one.email).getByRole('checkbox').check();
      const hovered = async (email: string) => {
        await memberRow(page, email).hover();
        return memberRow(page, email).evaluate((row) => getComputedStyle(row).backgroundColor);
      };
      const selected = await hovered(one.email);
      assert.notEqual(selected, await hovered(other.email));
      assert.notEqual(selected, 'rgba(0, 0, 0, 0)');
    });
});
