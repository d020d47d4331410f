/** Ids that the operator's own systems have for users and organizations. */

/** The length that OpenID Connect allows for `sub`. */
export const externalIdLengthMax = 255;

/** Visible ASCII characters only, so that an id needs no quotes in a search. */
export const externalIdPattern = new RegExp(`^[!-~]{1,${externalIdLengthMax}}$`);

export function isExternalId(text: string): boolean {
  return externalIdPattern.test(text);
}
