import assert from 'node:assert/strict';
import { type RenderContext, renderMail } from '../../../server/src/mail/render-mail.ts';
import type { mailTemplates } from '../../../server/src/mail/template-list.ts';
import { tokenDeriver } from '../../../server/src/runtime/secrets/derived-tokens.ts';
import { KeyRing } from '../../../server/src/runtime/secrets/key-ring.ts';

const context: RenderContext = {
  from: { name: 'Rollcall', address: 'rollcall@mail.example.com' },
  publicUrl: 'https://rollcall.example.com',
  deriveToken: tokenDeriver(new KeyRing('s'.repeat(32))),
  productName: 'Acme Access',
};
const invite = { memberId: '7', nonce: 'a'.repeat(32) };
const token = context.deriveToken('invite', '7', invite.nonce);
const acceptLink = `https://rollcall.example.com/accept/#7.${token}`;

interface Sample {
  /** The parameters that people choose. */
  readonly chosen: Readonly<Record<string, string>>;
  readonly params?: Readonly<Record<string, unknown>>;
}

const samples: Readonly<Record<keyof typeof mailTemplates, Sample>> = {
  invitation: { chosen: { orgName: 'Acme', inviterName: 'Somebody' }, params: { invite, expiresAt: '2026-12-09T12:00:00.000000Z' } },
  'second-factor-required': { chosen: { orgName: 'Acme' }, params: { invite, expiresAt: '2026-12-09T12:00:00.000000Z' } },
  'organization-removal': { chosen: { orgName: 'Acme', removedBy: 'Somebody' } },
  'organization-export': { chosen: { orgName: 'Acme', requestedBy: 'Somebody' }, params: { orgSlug: 'acme' } },
  'smaller-plan': { chosen: { orgName: 'Acme' }, params: { orgSlug: 'acme', daysMax: 90, takesEffectAt: '2026-12-04T12:00:00.000000Z' } },
  'org-token-created': { chosen: { orgName: 'Acme', tokenName: 'back end', createdBy: 'Somebody' }, params: { scopes: ['org:ci'] } },
  'account-changed': { chosen: {}, params: { change: 'passkey-removed', factorsLeft: 1 } },
  'password-reset': { chosen: {}, params: { reset: { tokenId: '7', nonce: 'a' } } },
  'address-verification': { chosen: {}, params: { verification: { tokenId: '7', nonce: 'a' } } },
  'address-added': { chosen: { email: 'new@example.com' }, params: { event: 'added', removal: { tokenId: '7', nonce: 'a' } } },
  'address-yielded': {
    chosen: { orgName: 'Acme', memberName: 'Somebody', email: 'member@example.com' },
    params: { orgSlug: 'acme', memberId: '7' },
  },
  'invite-request': { chosen: { orgName: 'Acme', email: 'new@example.com', requesterName: 'Somebody' } },
  'join-request': { chosen: { orgName: 'Acme', email: 'new@example.com' } },
  'sso-link': { chosen: { orgName: 'Acme', providerName: 'Okta' }, params: { orgSlug: 'acme', isRequired: true } },
  'recovery-owner': { chosen: { orgName: 'Acme', memberName: 'Somebody' }, params: { event: 'login' } },
  'domain-lapsed': { chosen: { orgName: 'Acme', domain: 'example.com' } },
  'webhook-disabled': { chosen: { orgName: 'Acme', host: 'hooks.example.com' }, params: { orgSlug: 'acme', reason: 'gone' } },
  'certificate-end': {
    chosen: { orgName: 'Acme', providerName: 'Okta' },
    params: { orgSlug: 'acme', endsAt: '2026-12-04T12:00:00.000000Z' },
  },
  'integration-disabled': {
    chosen: { orgName: 'Acme', integrationName: 'Acme chat' },
    params: { orgSlug: 'acme', providerName: 'Slack', reason: 'Slack no longer accepts its token' },
  },
  'team-access-request': { chosen: { orgName: 'Acme', teamSlug: 'ops', memberName: 'Somebody' } },
};
const invitation = { ...samples.invitation.chosen, invite };

function write(template: string, params: unknown) {
  const message_id = '00000000-0000-4000-8000-000000000001';
  return renderMail(
    {
      id: '1',
      message_id,
      template,
      params,
      recipient: 'a@example.com',
      attempts: 1,
      lease: null,
      created_at: '2026-03-01T12:00:00.000000Z',
    },
    context,
  );
}

describe('the templates of mails', () => {
  for (const [name, { chosen, params }] of Object.entries(samples)) {
    it(`${name} has the same content in HTML and text, with its link in both`, () => {
      const { text, html, link } = write(name, { ...chosen, ...params });
      const shown = html.replace(/<title>.*<\/title>/, '').replace(/<[^>]+>/g, '\n');
      const unescaped = shown.replaceAll('&quot;', '"').replaceAll('&#39;', "'").replaceAll('&amp;', '&');
      for (const line of text.split('\n').filter(Boolean))
        assert.ok(unescaped.includes(line.replace(/:$/, '')), `missing in the HTML: ${line}`);
      if (link !== null) assert.ok(text.split('\n').includes(link) && html.includes(`href="${link}"`));
      assert.match(html, /<html lang="en">/);
    });

    if (Object.keys(chosen).length === 0) continue;
    it(`[V1.1.2] [V1.3.5] [V1.3.11] ${name} escapes chosen names, so that they become neither markup nor a header`, () => {
      const hostile = '<script>alert("1")</script>\r\nBcc: other@example.com\u2028&amp;';
      const swapped = Object.fromEntries(Object.keys(chosen).map((key) => [key, hostile]));
      const { subject, html } = write(name, { ...params, ...swapped });
      assert.doesNotMatch(subject, /[\r\n\u2028]/);
      assert.doesNotMatch(html, /<script/);
      assert.match(html, /&lt;script&gt;.*&amp;amp;/);
    });
  }

  for (const [name, { chosen, params }] of Object.entries(samples)) {
    if (Object.keys(chosen).length === 0) continue;
    it(`[H-17] ${name} quotes chosen names on one line, with a limited length, as text that programs do not turn into links`, () => {
      const links = ['https://evil.example/login', 'www.evil.example', 'evil.example', 'eve@evil.example', 'javascript://evil.example'];
      for (const link of links) {
        const long = `Eve \u202e\u200b${link}\u2028\n${'x'.repeat(500)}`;
        for (const hostile of [link, long]) {
          const swapped = Object.fromEntries(Object.keys(chosen).map((key) => [key, hostile]));
          const { subject, text, html, link: own } = write(name, { ...params, ...swapped });
          const parts = [subject, text, html.replaceAll(/<[^>]*>/g, '\n')].map((part) => (own === null ? part : part.replaceAll(own, '')));
          for (const part of parts) assert.doesNotMatch(part, /:\/\/(?!rollcall\.example\.com)/);
          for (const part of parts.slice(1)) assert.doesNotMatch(part, /evil\.example|@evil|www\.e/);
          assert.doesNotMatch(subject + text + html, /[\u202e\u200b\u2028]|x{101}/);
          assert.equal([...html.matchAll(/<a /g)].length, own === null ? 0 : 1);
        }
      }
    });
  }

  it('[H-61] every mail that names the server uses PRODUCT_NAME', () => {
    for (const [name, { chosen, params }] of Object.entries(samples)) {
      const { subject, text, html } = write(name, { ...chosen, ...params });
      assert.doesNotMatch(`${subject}${text}${html}`, /Sentry|Rollcall/, name);
      assert.match(text, /Acme Access/, name);
    }
  });

  it('[H-61] [6.3] invitation has the subject that clients expect, and the accept link', () => {
    const { subject, link } = write('invitation', invitation);
    assert.equal(subject, 'Join Acme on Acme Access');
    assert.equal(link, acceptLink);
    assert.equal(write('second-factor-required', { orgName: 'Acme', invite }).link, acceptLink);
  });

  it('[V6.4.1] a mail with the link of an invite states its last day, unless the previous release has queued it', () => {
    const expiresAt = '2026-12-09T23:30:00.000000Z';
    assert.match(write('invitation', { ...invitation, expiresAt }).text, /^This invitation expires on 9 December 2026 \(UTC\)\./m);
    assert.match(write('second-factor-required', { orgName: 'Acme', invite, expiresAt }).text, /expires on 9 December 2026 \(UTC\)\.$/m);
    assert.match(write('invitation', invitation).text, /^This invitation expires\. If/m);
  });

  it('[17.24] second-factor-required asks only for 2FA, which is enough to get access again', () => {
    const { text } = write('second-factor-required', { orgName: 'Acme', invite });
    assert.match(text, /^Set up two-factor authentication:?$/m);
    assert.doesNotMatch(text, /rejoin/);
  });

  it('invitation omits the inviter if their name is hidden', () => {
    assert.match(write('invitation', { ...invitation, inviterName: null }).text, /^An administrator invited you/);
  });

  it('a mail has a Message-ID that depends only on the row and the sender', () => {
    assert.equal(write('invitation', invitation).messageId, '<00000000-0000-4000-8000-000000000001@mail.example.com>');
  });

  it('an unknown template causes an error, so that an instance of a newer version can send the mail', () => {
    for (const name of ['unheard-of', 'constructor']) assert.throws(() => write(name, {}), /unknown template/);
    assert.throws(() => write('invitation', { orgName: 'Acme' }));
  });
});
