/** A SAML response is not accepted. The message is the reason for the log. */
export class Refused extends Error {}
