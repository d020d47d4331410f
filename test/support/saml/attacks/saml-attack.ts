import type { SamlConfig } from '@rollcall/protocol';
import { assertionOf, confirmation, confirmed, nameId, type RequestOfResponse, type SamlIdp, type SamlResponseParts } from '../saml-idp.ts';

/** The material of an attack. */
export interface AttackContext {
  readonly idp: SamlIdp;
  /** Another provider, whose certificate the organization doesn't have. */
  readonly foreign: SamlIdp;
  /** The request of the flow. */
  readonly request: RequestOfResponse;
  /** A request of the attacker, at another service. */
  readonly other: RequestOfResponse;
  /** The parts of a valid response. */
  readonly valid: SamlResponseParts;
  /** PEM, of this service. */
  readonly spCertificate: string;
}

/** A response that differs from a valid one in one thing. */
export interface SamlAttack {
  readonly case: string;
  readonly name: string;
  /** The reason of the refusal. */
  readonly refused: RegExp;
  readonly config?: Partial<SamlConfig>;
  change(context: AttackContext): Partial<SamlResponseParts>;
}

export function ofCase(securityCase: string, attacks: readonly Omit<SamlAttack, 'case'>[]): SamlAttack[] {
  return attacks.map((attack) => ({ case: securityCase, ...attack }));
}

export const decryption = /cannot be decrypted, or is not signed/;
export const subjectOf = (...content: readonly string[]) => `<saml:Subject>${content.join('')}</saml:Subject>`;
export const evil = ({ valid, request }: AttackContext, id = '_evil') =>
  assertionOf({ ...valid, assertionId: id, subject: subjectOf(nameId('admin'), confirmation(confirmed(request))) });
export const assertionPattern = /<saml:Assertion .*<\/saml:Assertion>/s;
export const signaturePattern = /<ds:Signature .*<\/ds:Signature>/s;
export const unsigned = (assertion: string) => assertion.replace(signaturePattern, '');
/** Replaces the assertion of the signed document. */
export const replaceAssertion = (replace: (assertion: string) => string) => ({
  alter: (document: string) => document.replace(assertionPattern, replace),
});
export const afterIssuer = (assertion: string, content: string) => assertion.replace('</saml:Issuer>', `</saml:Issuer>${content}`);
export const bent = (context: AttackContext, data: Readonly<Record<string, string>>) => ({
  subject: subjectOf(nameId('subject-1'), confirmation({ ...confirmed(context.request), ...data })),
});
export const withSignature = (context: AttackContext, signature: Partial<SamlResponseParts['signature']>) => ({
  signature: { ...context.valid.signature, ...signature },
});
export const encrypted = (context: AttackContext, more: Partial<NonNullable<SamlResponseParts['encryption']>> = {}) => ({
  encryption: { certificate: context.spCertificate, ...more },
});
