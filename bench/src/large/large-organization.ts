import { scopes } from '../../../protocol/src/index.ts';

/** An organization with many members, created by the operator's import. */

const teamCount = 20;
/** One in this many members is on a team. */
const membersPerTeamMember = 10;
/** Lines per request: ten revisions. */
const linesPerRequest = 5_000;

export interface LargeOrganization {
  readonly id: string;
  readonly slug: string;
  /** The owner's token, with all scopes. */
  readonly token: string;
  /** A member whose role can be changed. */
  readonly memberId: string;
}

export async function makeLargeOrganization(
  url: string,
  operatorToken: string,
  members: number,
  advance: (lines: number) => void,
): Promise<LargeOrganization> {
  const operate = async (path: string, body: string, contentType = 'application/json') => {
    const headers = { Authorization: `Bearer ${operatorToken}`, 'Content-Type': contentType };
    const response = await fetch(`${url}/api/operator${path}`, { method: 'POST', headers, body });
    if (!response.ok) throw new Error(`POST ${path} returned ${response.status}: ${await response.text()}`);
    return (await response.json()) as Record<string, string>;
  };
  const owner = await operate('/users/', JSON.stringify({ email: 'owner@example.com', name: 'Owner' }));
  const { token } = await operate(`/users/${owner.id}/tokens/`, JSON.stringify({ scopes }));
  const { id, slug } = await operate('/organizations/', JSON.stringify({ name: 'Large', slug: 'large', ownerId: owner.id }));
  const lines = [...linesOf(members)];
  for (let from = 0; from < lines.length; from += linesPerRequest) {
    await operate(`/organizations/${id}/import/`, lines.slice(from, from + linesPerRequest).join('\n'), 'application/x-ndjson');
    advance(Math.min(lines.length, from + linesPerRequest));
  }
  const response = await fetch(`${url}/api/0/organizations/${slug}/members/?per_page=2`, { headers: { Authorization: `Bearer ${token}` } });
  const listed = (await response.json()) as { id: string; orgRole: string }[];
  return { id: id!, slug: slug!, token: token!, memberId: listed.find(({ orgRole }) => orgRole === 'member')!.id };
}

function* linesOf(members: number): Generator<string> {
  for (let number = 0; number < teamCount; number++) yield JSON.stringify({ op: 'team.create', team: `team-${number}` });
  for (let number = 0; number < members; number++) {
    const login = `member-${number}`;
    yield JSON.stringify({ op: 'member.add', login, role: 'member' });
    if (number % membersPerTeamMember !== 0) continue;
    yield JSON.stringify({ op: 'team.join', team: `team-${(number / membersPerTeamMember) % teamCount}`, login, role: 'contributor' });
  }
}
