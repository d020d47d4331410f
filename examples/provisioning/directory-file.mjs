// Reads the file. Everything that is wrong with it is found before anything is sent to the server.
import { readFile } from 'node:fs/promises';

/** Thrown for a file or a response that can't be trusted, before anything is written. */
export class Refusal extends Error {}

const orgRoles = ['owner', 'manager', 'admin', 'member'];
const idPattern = /^[\x21-\x7e]{1,255}$/;
const problemsShown = 10;

/** `{users, organizations}`. A file that is empty, cut off or incomplete is refused. */
export async function readDirectory(path, prefix) {
  // `trim` also removes the byte order mark that some programs write.
  const text = (
    await readFile(path, 'utf8').catch((error) => {
      throw new Refusal(`${path} can't be read: ${error.code}.`);
    })
  ).trim();
  if (text === '') throw new Refusal(`${path} is empty.`);
  const directory = parseJson(text, path);
  const problems = problemsOf(directory, prefix);
  if (problems.length === 0) return directory;
  const more = problems.length > problemsShown ? [`and ${problems.length - problemsShown} more`] : [];
  throw new Refusal([`${path} is not complete:`, ...problems.slice(0, problemsShown), ...more].join('\n  '));
}

function parseJson(text, path) {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new Refusal(`${path} is not valid JSON. It may be cut off: ${error.message}`);
  }
}

function problemsOf(directory, prefix) {
  if (!isObject(directory)) return ['the file must be an object with "users" and "organizations"'];
  const { users, organizations } = directory;
  const missing = Object.entries({ users, organizations }).filter(([, rows]) => !Array.isArray(rows) || rows.length === 0);
  if (missing.length > 0) return missing.map(([name]) => `"${name}" must be a list that is not empty`);
  const userIds = new Set(users.map((user) => user?.id));
  return [
    ...users.flatMap((user, at) => [...problemsOfId(user, `users[${at}]`, prefix), ...problemsOfText(user, 'email', `users[${at}]`)]),
    ...organizations.flatMap((organization, at) => problemsOfOrganization(organization, `organizations[${at}]`, userIds, prefix)),
    ...repeated(users, 'users'),
    ...repeated(organizations, 'organizations'),
  ];
}

function problemsOfOrganization(organization, at, userIds, prefix) {
  const problems = [...problemsOfId(organization, at, prefix), ...problemsOfText(organization, 'name', at)];
  if (problems.length > 0) return problems;
  const { members } = organization;
  if (!Array.isArray(members)) return [`${at}.members must be a list`];
  if (!members.some((member) => member?.orgRole === 'owner')) return [`${at}.members must contain an owner`];
  return [
    ...members.flatMap((member, index) => {
      if (!userIds.has(member?.id)) return [`${at}.members[${index}].id must be the id of a user of the file`];
      return orgRoles.includes(member.orgRole) ? [] : [`${at}.members[${index}].orgRole must be one of ${orgRoles.join(', ')}`];
    }),
    ...repeated(members, `${at}.members`),
  ];
}

function problemsOfId(row, at, prefix) {
  if (!isObject(row) || typeof row.id !== 'string' || !idPattern.test(row.id))
    return [`${at}.id must be 1 to 255 visible ASCII characters without spaces`];
  return row.id.startsWith(prefix) ? [] : [`${at}.id must begin with ${prefix}`];
}

function problemsOfText(row, key, at) {
  return isObject(row) && typeof row[key] === 'string' && row[key].trim() !== '' ? [] : [`${at}.${key} must be a text`];
}

function repeated(rows, at) {
  const firstAt = new Map(rows.map((row, index) => [row?.id, index]).reverse());
  return rows.flatMap((row, index) => (firstAt.get(row?.id) === index ? [] : [`${at}[${index}].id is a repetition`]));
}

function isObject(value) {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
