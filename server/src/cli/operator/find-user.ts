import { CliError } from '../cli-error.ts';
import { type OperatorClient, refusal } from './operator-client.ts';

/** The argument of each command that takes a user, for its help. */
export const userArgument = ['<user>', 'id or address of the user, or external:<id>'] as const;

/**
 * The path segment that names a user: an id, or `external:` and the external id. Looks up the id
 * first if the user is named by an email address.
 */
export async function userSegment(operator: OperatorClient, user: string): Promise<string> {
  const isAddress = user.includes('@') && !user.startsWith('external:');
  return encodeURIComponent(isAddress ? await findByAddress(operator, user) : user);
}

/** The id of a user, for a body. */
export async function findUserId(operator: OperatorClient, user: string): Promise<string> {
  if (/^\d+$/.test(user)) return user;
  const response = await operator.request('GET', `/users/${await userSegment(operator, user)}/`);
  if (response.status !== 200) throw refusal(`The user ${user} cannot be read`, response);
  return (response.body as { id: string }).id;
}

async function findByAddress(operator: OperatorClient, address: string): Promise<string> {
  const response = await operator.request('GET', `/users/?email=${encodeURIComponent(address)}`);
  if (response.status !== 200) throw refusal(`The user ${address} cannot be read`, response);
  const [user] = response.body as { id: string }[];
  if (!user) throw new CliError(`There is no user with the address ${address}. Create the user first, or name another`);
  return user.id;
}
