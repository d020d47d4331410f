import assert from 'node:assert/strict';
import { securityEvents } from '../../protocol/src/index.ts';
import { operatorRoutes } from '../../server/src/http/operator/router.ts';
import { routes } from '../../server/src/http/routes.ts';
import { operationEvents, recordedByEndpoint } from '../../server/src/http/security-events/operation-events.ts';
import { readSource } from '../support/source-files.ts';

/** Operations of an account that change nothing about its security. */
const withoutEvent: Readonly<Record<string, string>> = {
  beginTotp: 'an authenticator counts once it is confirmed',
  beginPasskeySetup: 'a passkey counts once it is confirmed',
  beginPasskey: 'it changes nothing',
  renamePasskey: 'the name has no effect on logins',
  askForVerification: 'it mails a link again',
  acceptInvite: 'the audit log of the organization has it',
  acceptInviteOfLink: 'the audit log of the organization has it',
  readInviteOfLink: 'it changes nothing',
  createOrganization: 'the audit log of the organization has it',
};

describe('the list of security events', () => {
  it('[V16.1.1] has the same rows in the table of the manual', () => {
    const page = readSource('docs/operating/audit.md');
    const described = [...page.matchAll(/^\| `([a-z.-]+)` \| (.*) \|$/gm)].map(([, name, text]) => [name, text]);
    assert.deepEqual(described, Object.entries(securityEvents));
  });

  it('has an event for each operation that changes an account', () => {
    const ofAccounts = routes.filter(({ method, path }) => method !== 'GET' && !path.includes(':org'));
    const known = new Set([...Object.keys(operationEvents), ...recordedByEndpoint, ...Object.keys(withoutEvent)]);
    assert.deepEqual(
      ofAccounts.map(({ metadata }) => metadata.id).filter((id) => !known.has(id)),
      [],
      'add the operation to operation-events.ts, or here with a reason',
    );
  });

  it('names existing operations only', () => {
    const ids = new Set([...routes, ...operatorRoutes].map(({ metadata }) => metadata.id));
    const named = [...Object.keys(operationEvents), ...recordedByEndpoint, ...Object.keys(withoutEvent)];
    assert.deepEqual(
      named.filter((id) => !ids.has(id)),
      [],
    );
  });
});
