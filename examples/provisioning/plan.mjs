// Compares the file with the server, and decides about every change before the first one is made.
import { named } from './operator-api.mjs';

/**
 * `{changes, removals, groups, renamed}`. A change has the request that makes it. A group is a list
 * of which a part may be removed: all users, all organizations, all memberships, and those of each
 * organization. Users whom the file disables, and members of organizations that are marked for
 * deletion, count as removed. `renamed` has a text for each user whose id seems to have changed.
 */
export async function planMirror(directory, api, prefix) {
  const mine = (rows) => rows.filter(({ externalId }) => externalId?.startsWith(prefix));
  const users = mine(await api.list('/users/'));
  const organizations = mine(await api.list('/organizations/'));
  const plan = { changes: [], removals: [], groups: [], renamed: [] };
  const renamed = findRenamed(directory.users, users);
  for (const [former, id] of renamed) {
    plan.renamed.push(
      `${former} stays, because the file has its address with the id ${id}. If that is the same person: ` +
        `PUT /users/${named(former)}/ {"externalId": "${id}"}. Otherwise, change the address of ${former} first.`,
    );
  }
  planUsers(plan, directory.users, users, renamed);
  const wanted = new Set(directory.organizations.map(({ id }) => id));
  const active = organizations.filter(({ status }) => status.id === 'active');
  const gone = active.filter(({ externalId }) => !wanted.has(externalId));
  const marked = gone.map(({ id, externalId }) => removal('organizations', externalId, 'DELETE', `/organizations/${id}/`));
  const memberships = [];
  // An organization that is marked for deletion ends the access of all its members.
  const ending = [];
  for (const { id, externalId } of gone) {
    const members = mine((await api.list(`/organizations/${id}/members/`)).flatMap(({ user }) => user ?? []));
    ending.push(...members.map((member) => ({ what: `${member.externalId} in ${externalId}` })));
  }
  for (const organization of directory.organizations) {
    const stored = organizations.find(({ externalId }) => externalId === organization.id);
    planOrganization(plan, organization, stored);
    memberships.push(await planMembers(plan, organization, stored, { api, mine, users, renamed }));
  }
  const leaving = memberships.flatMap(({ removals }) => removals);
  const all = memberships.reduce((sum, { size }) => sum + size, 0);
  // The server refuses to remove the last owner, so members are removed after others were added.
  plan.removals = [...leaving, ...marked, ...plan.removals];
  plan.groups.push({ name: 'organizations', size: active.length, removals: marked }, ...memberships, {
    name: 'memberships in all organizations',
    size: all + ending.length,
    removals: [...leaving, ...ending],
  });
  return plan;
}

/**
 * Users who are missing from the file, whose address it has with another id. The server refuses the
 * other user as long as the address is taken, so removing the former one would only end the access
 * of a person whose id has changed.
 */
function findRenamed(wanted, stored) {
  const ids = new Set(wanted.map(({ id }) => id));
  const byAddress = new Map(wanted.map(({ id, email }) => [email.toLowerCase(), id]));
  const missing = stored.filter(({ externalId, email }) => !ids.has(externalId) && byAddress.has(email.toLowerCase()));
  return new Map(missing.map(({ externalId, email }) => [externalId, byAddress.get(email.toLowerCase())]));
}

function planUsers(plan, wanted, stored, renamed) {
  const byId = new Map(stored.map((user) => [user.externalId, user]));
  const disabled = [];
  for (const { id, ...fields } of wanted) {
    const body = { isActive: true, ...fields };
    const user = byId.get(id);
    if (!user || differs(body, user)) plan.changes.push(change('users', id, `/users/${named(id)}/`, body));
    if (user?.isActive && !body.isActive) disabled.push({ what: id });
  }
  const ids = new Set(wanted.map(({ id }) => id));
  const active = stored.filter(({ isActive }) => isActive);
  plan.removals = active
    .filter(({ externalId }) => !ids.has(externalId) && !renamed.has(externalId))
    .map(({ id, externalId }) => removal('users', externalId, 'PUT', `/users/${id}/`, { isActive: false }));
  plan.groups.push({ name: 'users', size: active.length, removals: [...plan.removals, ...disabled] });
}

function planOrganization(plan, { id, name, members }, stored) {
  // An earlier file without the organization may have marked it for deletion.
  if (stored?.status.id === 'active' && stored.name === name) return;
  const owner = members.find(({ orgRole }) => orgRole === 'owner').id;
  plan.changes.push({ ...change('organizations', id, `/organizations/${named(id)}/`, { name, cancelDeletion: true }), owner });
}

async function planMembers(plan, { id, members }, stored, { api, mine, users, renamed }) {
  const path = `/organizations/${named(id)}/members/`;
  const rows = stored ? await api.list(path) : [];
  const byId = new Map(
    mine(rows.flatMap((row) => (row.user ? [{ ...row, externalId: row.user.externalId }] : []))).map((row) => [row.externalId, row]),
  );
  const at = (externalId) => `${externalId} in ${id}`;
  // Owners come first, so that the organization has one at any time.
  const sorted = [...members].sort((a, b) => Number(b.orgRole === 'owner') - Number(a.orgRole === 'owner'));
  for (const { id: user, ...fields } of sorted) {
    const row = byId.get(user);
    if (!row || differs(fields, row)) plan.changes.push(change('memberships', at(user), `${path}${named(user)}/`, fields));
  }
  const wanted = new Set(members.map((member) => member.id));
  const lockedOut = await readLockedOut(api, path, rows, users);
  const removals = [
    ...[...byId].map(([externalId, { user }]) => ({ externalId, who: user.id })),
    ...lockedOut.map(({ externalId }) => ({ externalId, who: named(externalId) })),
  ]
    .filter(({ externalId }) => !wanted.has(externalId) && !renamed.has(externalId))
    .map(({ externalId, who }) => removal('memberships', at(externalId), 'DELETE', `${path}${who}/`));
  return { name: `memberships in ${id}`, size: byId.size + lockedOut.length, removals };
}

/**
 * Users whose membership a required second factor ended. The row looks like an invite, and they
 * would have access again after setting one up.
 */
async function readLockedOut(api, path, rows, users) {
  const pending = new Set(rows.flatMap(({ user, email }) => (user ? [] : email.toLowerCase())));
  const found = [];
  for (const user of users.filter(({ email }) => pending.has(email.toLowerCase()))) {
    const members = await api.list(`${path}?query=${encodeURIComponent(`externalId:"${user.externalId}"`)}`);
    if (members.length > 0) found.push(user);
  }
  return found;
}

/** Whether the server stores another value of a field that the file has. */
function differs(fields, stored) {
  return Object.entries(fields).some(([key, value]) => JSON.stringify(stored[key]) !== JSON.stringify(value));
}

function change(kind, what, path, body) {
  return { kind, what, method: 'PUT', path, body };
}

function removal(kind, what, method, path, body = undefined) {
  return { kind, what, method, path, body };
}
