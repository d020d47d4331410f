import type { OrgError } from '@rollcall/client';

/**
 * Texts for users, in place of those that the REST contract fixes. Each pattern matches a whole
 * text.
 */
const friendlyTexts: readonly (readonly [pattern: RegExp, text: string])[] = [
  [/^Ensure this field has at least (\d+) characters\.$/, 'Use at least $1 characters.'],
  [/^Ensure this field has no more than (\d+) characters\.$/, 'Use at most $1 characters.'],
  [/^This (field may not be blank|(field|attribute) is required)\.$/, 'This field is required.'],
  [/^Enter a valid slug .*$/, 'Use lowercase letters, numbers and hyphens, and at least one letter.'],
  [/^This slug "(.*)" is reserved and not allowed\.$/, '“$1” is reserved. Choose another slug.'],
  [/^The slug "(.*)" is already in use\.$/, '“$1” is already in use. Choose another slug.'],
  [/^.* is already a member$/, 'Already a member'],
  [/^.* has already been invited$/, 'Already invited'],
  [/^There is an existing invite request for .*$/, 'Already requested'],
  [/^You are being rate limited for too many invitations\.$/, 'You’ve sent too many invitations today. Try again tomorrow.'],
  [/^You (do not have permission to perform this action|are missing the .* scope)\.$/, 'You don’t have permission to do this.'],
  [/^The user is the only owner of (.*)\. (Make another .*)$/, 'You are the only owner of $1. $2'],
  [/^You cannot remove the only remaining owner or manager .*$/, 'Make someone else an owner or manager first.'],
  [
    /^Log in with your password to change this\.$/,
    'You logged in with the identity provider. Log out, and log in with your password to change this.',
  ],
  [/^Cannot require two-factor authentication without .*$/, 'Set up 2FA on your own account first.'],
];

export function friendlyText(text: string): string {
  const found = friendlyTexts.find(([pattern]) => pattern.test(text));
  return found ? text.replace(...found) : text;
}

/** The text of an error for users. */
export function explain(error: OrgError, isWrite = true): string {
  if (error.code === 'unreachable') return `Couldn’t reach the server.${isWrite ? ' Your change may not have been saved.' : ''}`;
  if (error.code === 'unavailable') return 'The server is temporarily unavailable. Try again in a moment.';
  // The SDK puts the name of the field before a message about one.
  return friendlyText(error.message.replace(/^\w+: /, ''));
}
