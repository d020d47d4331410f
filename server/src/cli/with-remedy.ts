import type { OrgError } from '@rollcall/client';

export const tokenRemedy = 'Check the token (ROLLCALL_TOKEN or --token) and the server (ROLLCALL_URL or --url).';

/** The text of an error of the client, with what to do on the command line. */
export function withRemedy({ code, message }: OrgError): string {
  if (code === 'unauthenticated') return `${message} ${tokenRemedy}`;
  if (code === 'denied') return `${message} Check the slug, and whether the owner of the token is a member.`;
  return message;
}
