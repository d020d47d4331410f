// Mirrors the people and organizations of a file. Run it again after each change of the file.
import { readFile } from 'node:fs/promises';

const { ROLLCALL_URL = 'http://127.0.0.1:4000', OPERATOR_TOKEN } = process.env;
const { users, organizations } = JSON.parse(await readFile(process.argv[2], 'utf8'));
const named = (externalId) => `external:${encodeURIComponent(externalId)}`;
const refusals = [];

/** A refusal does not keep the rest from being mirrored. It is reported at the end. */
async function call(method, path, body = undefined, { mayBeMissing = false } = {}) {
  const headers = { Authorization: `Bearer ${OPERATOR_TOKEN}`, 'Content-Type': 'application/json' };
  const response = await fetch(`${ROLLCALL_URL}/api/operator${path}`, { method, headers, body: JSON.stringify(body) });
  const text = await response.text();
  if (!response.ok && !(mayBeMissing && response.status === 404)) refusals.push(`${method} ${path}: ${response.status} ${text}`);
  return { body: response.ok && text ? JSON.parse(text) : null, link: response.headers.get('Link') };
}

async function list(path) {
  const { body, link } = await call('GET', path);
  const next = /\/api\/operator([^>]*)>; rel="next"; results="true"/.exec(link);
  return [...(body ?? []), ...(next ? await list(next[1]) : [])];
}

/** Objects of the server with an external id that is not in the file. */
const gone = (stored, wanted) => stored.filter(({ externalId }) => externalId && !wanted.some(({ id }) => id === externalId));

for (const { id, ...fields } of users) await call('PUT', `/users/${named(id)}/`, { isActive: true, ...fields });
for (const { id, name, members } of organizations) {
  const path = `/organizations/${named(id)}/`;
  // Owners come first, so that the organization has one at any time.
  const sorted = [...members].sort((a, b) => Number(b.orgRole === 'owner') - Number(a.orgRole === 'owner'));
  const { body: owner } = await call('GET', `/users/${named(sorted[0]?.id)}/`);
  // An earlier file without the organization may have marked it for deletion.
  await call('PUT', path, { name, ownerId: owner?.id, cancelDeletion: true });
  for (const { id: userId, ...fields } of sorted) await call('PUT', `${path}members/${named(userId)}/`, fields);
  const rows = await list(`${path}members/`);
  const stored = rows.flatMap(({ user }) => user ?? []);
  for (const user of gone(stored, members)) await call('DELETE', `${path}members/${user.id}/`);
  // The row of a member whom a required second factor locked out looks like an invite. They would
  // have access again after setting one up.
  const pending = new Set(rows.flatMap(({ user, email }) => (user ? [] : email.toLowerCase())));
  const unwanted = users.filter(({ id, email }) => pending.has(email.toLowerCase()) && !members.some((member) => member.id === id));
  for (const { id } of unwanted) await call('DELETE', `${path}members/${named(id)}/`, undefined, { mayBeMissing: true });
}
for (const { id } of gone(await list('/organizations/?query=status:active'), organizations)) await call('DELETE', `/organizations/${id}/`);
for (const { id } of gone(await list('/users/?query=isActive:true'), users)) await call('PUT', `/users/${id}/`, { isActive: false });

for (const refusal of refusals) console.error(refusal);
process.exitCode = refusals.length > 0 ? 1 : 0;
