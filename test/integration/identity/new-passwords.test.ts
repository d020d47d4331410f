import assert from 'node:assert/strict';
import { hashPassword } from '../../../server/src/identity/passwords/passwords.ts';
import { anAccount, goodPassword, logIn } from '../../support/log-in.ts';
import { anOrgWithOwner } from '../../support/logged-in.ts';
import { linkOf, mailsTo } from '../../support/mailbox.ts';
import { nextNumber } from '../../support/provision.ts';
import { startServer, type TestResponse, type TestServer } from '../../support/server.ts';
import { inviteByMail } from '../../support/unproven-addresses.ts';

describe('a new password that is easy to guess', () => {
  let server: TestServer;

  before(async () => {
    server = await startServer({ PRODUCT_NAME: 'Lighthouse' });
  });
  after(() => server?.stop());

  const common = 'This password is one of the most common ones. Choose another one.';
  const known = 'This password is a name or an address that others know. Choose another one.';
  const assertRefused = ({ status, body }: TestResponse, field: string, reason: string) =>
    assert.deepEqual([status, body], [400, { [field]: [reason] }]);

  it('[V6.2.4] gets a rejection when a user changes theirs, which stays', async () => {
    const account = await anAccount(server);
    const cookie = await logIn(server, account);
    const change = (newPassword: string) =>
      server.request('PUT', '/api/0/auth/password/', { cookie, body: { password: goodPassword, newPassword } });
    assertRefused(await change('Password1'), 'newPassword', common);
    for (const one of ['lighthouse2026', account.email, `${account.email.split('@')[0]}!`])
      assertRefused(await change(one), 'newPassword', known);
    await logIn(server, account);
    assert.equal((await change('another good password')).status, 204);
  });

  it('gets a rejection by a link for a new password, which then works with another one', async () => {
    const account = await anAccount(server);
    assert.equal((await server.request('POST', '/api/0/auth/password-reset/', { body: { email: account.email } })).status, 202);
    const [mail] = await mailsTo(server, account.email, 'Reset your password');
    const confirm = (password: string) =>
      server.request('POST', '/api/0/auth/password-reset/confirm/', { body: { ...linkOf(mail!), password } });
    assertRefused(await confirm('12345678'), 'password', common);
    assertRefused(await confirm(account.email.toUpperCase()), 'password', known);
    assert.equal((await confirm('another good password')).status, 204);
  });

  it('[V6.2.4] gets a rejection by a registration, whose invite then works with another one', async () => {
    const org = await anOrgWithOwner(server);
    const email = `grace-hopper-${nextNumber()}@example.com`;
    const invite = await inviteByMail(server, org, email);
    const register = (password: string) =>
      server.request('POST', '/api/0/auth/register/', { body: { ...invite, name: 'Grace Hopper', password } });
    assertRefused(await register('iloveyou'), 'password', common);
    for (const one of ['gracehopper1906', 'Hopper1906']) assertRefused(await register(one), 'password', known);
    assert.equal((await register('another good password')).status, 201);
  });

  it('[V6.2.4] [V6.2.11] gets a rejection if the operator sets it, and creates no user', async () => {
    const email = `operated-${nextNumber()}@example.com`;
    const create = (password: string) => server.operate('POST', '/users/', { email, name: 'Ada Lovelace', password });
    assertRefused(await create('sunshine'), 'password', common);
    assertRefused(await create('AdaLovelace1815'), 'password', known);
    const external = `/users/external:new-${nextNumber()}/`;
    assertRefused(await server.operate('PUT', external, { email, name: 'Ada Lovelace', password: 'lovelace' }), 'password', known);
    assert.equal((await server.operate('GET', external)).status, 404);
    const { status, body } = await create('another good password');
    assert.equal(status, 201, JSON.stringify(body));
    assertRefused(await server.operate('PUT', `/users/${body.id}/`, { password: 'Lovelace1815' }), 'password', known);
    assertRefused(await server.operate('PUT', `/users/${body.id}/`, { name: 'Grace', password: '19Grace06' }), 'password', known);
    const disabled = await server.operate('PUT', `/users/${body.id}/`, { password: 'Lovelace1815', isActive: false });
    assert.deepEqual([disabled.status, disabled.body.isActive], [200, false], 'a weak password does not keep a user active');
    const enabled = await server.operate('PUT', `/users/${body.id}/`, { isActive: true });
    assert.equal(enabled.status, 200);
    const logIn = (password: string) => server.request('POST', '/api/0/auth/login/', { body: { username: email, password } });
    assert.equal((await logIn('Lovelace1815')).status, 401, 'a weak password is not stored');
    assert.equal((await logIn('another good password')).status, 200);
  });

  it('stays valid if it was set before', async () => {
    const account = await anAccount(server);
    const passwordHash = await hashPassword('password', server.config.passwordCost);
    await server.services.db.updateTable('users').set({ password_hash: passwordHash }).where('id', '=', account.id).execute();
    const { status } = await server.request('POST', '/api/0/auth/login/', { body: { username: account.email, password: 'password' } });
    assert.equal(status, 200);
  });
});
