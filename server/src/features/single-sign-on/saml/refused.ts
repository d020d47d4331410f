/** Thrown for a SAML response that is not accepted. The message is the reason for the log. */
export class Refused extends Error {}
