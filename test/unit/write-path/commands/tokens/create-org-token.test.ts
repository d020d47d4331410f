import assert from 'node:assert/strict';
import type { Scope } from '@rollcall/protocol';
import type { Actor } from '../../../../../server/src/domain/actor.ts';
import { createOrgToken } from '../../../../../server/src/write-path/commands/tokens/create-org-token.ts';
import { actorFor, aMember, anOrganization, anOrgToken, aState, now } from '../../../../support/builders.ts';
import { commandContext } from '../../../../support/command-context.ts';

const organization = anOrganization();
const plain = aMember();
const state = aState(organization, { members: [plain] });
const token = { text: 'sntrys_text', hash: 'hash', lastCharacters: 'text' };

function decide(actor: Actor, scopes: readonly Scope[]) {
  const input = { name: 'back end', scopes, mint: () => token, credential: null };
  return createOrgToken.decide(
    input,
    { state, id: '40', token, ownerAddresses: ['owner@example.com'] },
    commandContext({ orgId: organization.id, actor, now }),
  );
}

describe('create-org-token', () => {
  it('[10.1] lets a plain member create a token for uploads', () => {
    const { changes, result } = decide(actorFor(plain), ['org:ci']);
    assert.equal(result.text, token.text);
    assert.deepEqual(changes[0]?.after, {
      id: '40',
      name: 'back end',
      scopes: ['org:ci'],
      tokenLastCharacters: 'text',
      dateCreated: now,
    });
  });

  it('[10.1] [S-02] mails the owners, without the token', () => {
    const { mails } = decide(actorFor(plain), ['org:ci']);
    const params = {
      orgName: organization.name,
      tokenName: 'back end',
      createdBy: plain.name,
      namedUserId: plain.user!.id,
      scopes: ['org:ci'],
    };
    assert.deepEqual(mails, [{ template: 'org-token-created', params, to: 'owner@example.com', about: organization.id }]);
  });

  it('[S-07] grants no scope that the caller lacks by role or by token', () => {
    assert.throws(() => decide(actorFor(plain), ['org:read', 'org:admin']), {
      body: { scopes: ['You do not have permission to grant: org:admin.'] },
    });
    assert.throws(() => decide(actorFor(plain, ['org:read']), ['member:read']), { code: 'invalid' });
    assert.throws(() => decide(anOrgToken(organization, ['org:read']), ['org:write']), { code: 'invalid' });
    assert.deepEqual(decide(actorFor(plain), ['org:read', 'member:read', 'org:read']).result.record.scopes, ['org:read', 'member:read']);
  });

  it('grants the operator any scope', () => {
    assert.deepEqual(decide({ kind: 'operator', name: 'bootstrap' }, ['org:admin', 'member:admin']).result.record.scopes, [
      'org:admin',
      'member:admin',
    ]);
  });

  it('[S-01] refuses a token of another organization', () => {
    assert.throws(() => decide(anOrgToken(anOrganization(), ['org:admin']), ['org:ci']), { code: 'forbidden' });
  });
});
