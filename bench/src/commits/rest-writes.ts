import { members, teams } from '../options.ts';

export const writeNames = ['rename-team', 'change-role', 'create-team', 'create-project'] as const;
export type WriteName = (typeof writeNames)[number];

export interface RestWrite {
  readonly method: 'PUT' | 'POST';
  readonly path: string;
  readonly body: object;
  /** The statuses of the expected response. */
  readonly statuses: readonly number[];
}

/** Rollcall's writes. Each is different from the one before it to the same record. */
export function rollcallWrite(org: string, memberIds: readonly string[], name: WriteName, turn: number): RestWrite {
  if (name === 'rename-team') {
    return { method: 'PUT', path: `/api/0/teams/${org}/team-${turn % teams}/`, body: { name: `Team ${turn}` }, statuses: [200] };
  }
  if (name === 'create-team') {
    return { method: 'POST', path: `/api/0/organizations/${org}/teams/`, body: { slug: `new-${turn}` }, statuses: [201] };
  }
  if (name === 'create-project') {
    return {
      method: 'POST',
      path: `/api/0/teams/${org}/team-${turn % teams}/projects/`,
      body: { name: 'Project', slug: `new-${turn}` },
      statuses: [201],
    };
  }
  const role = Math.floor(turn / members) % 2 === 0 ? 'manager' : 'member';
  return {
    method: 'PUT',
    path: `/api/0/organizations/${org}/members/${memberIds[turn % members]}/`,
    body: { orgRole: role },
    statuses: [200],
  };
}

export function handMadeWrite(turn: number): RestWrite {
  return { method: 'PUT', path: `/teams/${turn % teams}`, body: { name: `Team ${turn}` }, statuses: [200] };
}
