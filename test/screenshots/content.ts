import { eventually } from '../support/eventually.ts';
import { goodPassword } from '../support/log-in.ts';
import { readMails } from '../support/mailbox.ts';
import type { Api, TestServer } from '../support/server.ts';

/** A realistic organization: a few dozen people, teams, projects, invitations and requests. */

const givenNames = 'Amara Bram Chiara Dmitri Elif Farid Greta Hana Ivo Jun Keziah Lars Maren Nadia Oskar Priya'.split(' ');
const familyNames = 'Okafor Visser Romano Volkov Demir Haddad Lindqvist Sato Petrov Park'.split(' ');

const teams = [
  { slug: 'payments', projects: ['checkout', 'invoices'] },
  { slug: 'web', projects: ['storefront', 'design-system'] },
  { slug: 'mobile', projects: ['ios-app', 'android-app'] },
  { slug: 'platform', projects: ['deployments', 'gateway'] },
  { slug: 'data', projects: ['warehouse'] },
  { slug: 'security', projects: [] },
] as const;

const tokens = [
  ['Deploy pipeline', 'org:ci'],
  ['Status page', 'org:read', 'team:read', 'project:read'],
  ['People sync', 'org:read', 'member:admin', 'team:write'],
] as const;

const roles = ['owner', 'manager', 'admin', 'member', 'member', 'member', 'manager', 'member'] as const;

export interface Content {
  readonly slug: string;
  readonly operatorToken: string;
  readonly owner: { readonly id: string; readonly email: string };
  /** The path of the link in an invitation. */
  readonly invitePath: string;
  actAsOwner(method: string, path: string, body?: unknown): Promise<unknown>;
  /** Makes a change as another user, while the owner is viewing the page. */
  actAsColleague(method: string, path: string, body?: unknown): Promise<unknown>;
}

export async function makeContent(server: TestServer, peopleCount = 46): Promise<Content> {
  const people: { id: string; email: string }[] = [];
  for (let number = 0; number < peopleCount; number++) {
    const given = givenNames[(number * 7) % givenNames.length]!;
    const family = familyNames[(number * 3 + Math.floor(number / 16)) % familyNames.length]!;
    const email = `${given}.${family}${number < 40 ? '' : number}@example.com`.toLowerCase();
    const { body } = await made(server.operate('POST', '/users/', { email, name: `${given} ${family}`, password: goodPassword }));
    people.push({ id: body.id, email });
    if (number % 3 !== 2)
      await made(server.operate('POST', `/users/${body.id}/authenticators/`, { type: number === 0 ? 'recovery' : 'totp' }));
  }
  const owner = people[0]!;
  const { body: organization } = await made(
    server.operate('POST', '/organizations/', { name: 'Harbor & Pine', slug: 'harbor', ownerId: owner.id }),
  );
  const { slug } = organization;
  const call = await callsOf(server, owner.id);
  for (const team of teams) {
    await call('POST', `/organizations/${slug}/teams/`, { slug: team.slug });
    for (const name of team.projects) await call('POST', `/teams/${slug}/${team.slug}/projects/`, { name, platform: 'node' });
  }
  for (const [index, { id }] of people.slice(1).entries()) {
    const own = teams.filter((_, at) => (index + at) % 4 === 0 || index % 6 === at).map((team) => team.slug);
    await made(server.operate('POST', `/organizations/${slug}/members/`, { userId: id, orgRole: roles[index % roles.length], teams: own }));
  }
  for (const email of ['new.colleague@example.com', 'contractor@studio.example']) {
    await call('POST', `/organizations/${slug}/members/`, { email, orgRole: 'member', teamRoles: [{ teamSlug: 'web', role: null }] });
  }
  await call('POST', `/organizations/${slug}/invite-requests/`, { email: 'friend.of.the.team@example.com', role: 'member' });
  await call('PUT', `/organizations/${slug}/`, { openMembership: false });
  const { body: asking } = await made(server.operate('POST', `/users/${people[4]!.id}/tokens/`, { scopes: ['org:read'] }));
  await made(server.request('POST', `/api/0/organizations/${slug}/members/me/teams/data/`, { token: asking.token }));
  for (const [name, ...scopes] of tokens) await call('POST', `/organizations/${slug}/org-auth-tokens/`, { name, scopes });
  await call('PUT', `/organizations/${slug}/`, { allowJoinRequests: false, defaultRole: 'admin', storeCrashReports: 5 });
  await made(server.operate('POST', '/organizations/', { name: 'Lighthouse Labs', slug: 'lighthouse', ownerId: owner.id }));
  const invitePath = await eventually(() => /\/accept\/#\d+\.[0-9a-f]+/.exec(readMails(server, 'new.colleague@example.com')[0]!.text)![0]);
  return {
    slug,
    invitePath,
    operatorToken: server.operatorToken,
    owner,
    actAsOwner: call,
    actAsColleague: await callsOf(server, people[2]!.id),
  };
}

async function callsOf(server: Api, userId: string) {
  const scopes = ['org:admin', 'member:admin', 'team:admin', 'project:admin'];
  const { body } = await made(server.operate('POST', `/users/${userId}/tokens/`, { scopes }));
  return (method: string, path: string, content?: unknown) =>
    made(server.request(method, `/api/0${path}`, { token: body.token, body: content }));
}

async function made(answering: ReturnType<Api['operate']>) {
  const answer = await answering;
  if (answer.status >= 300) throw new Error(`${answer.status} ${JSON.stringify(answer.body)}`);
  return answer;
}
