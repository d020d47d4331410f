import type { SamlConfig } from '@rollcall/protocol';
import { isStorableTime, latestStorableMs } from '../../../runtime/text/storable-time.ts';
import type { AssertedIdentity } from '../domain/asserted-identity.ts';
import { clockSkewMs } from '../flows/clock-skew.ts';
import { findAttribute, readAttributes, readPerson } from './attributes.ts';
import { Refused } from './refused.ts';
import { childrenNamed, namespaces, type XmlElement } from './xml.ts';

const { assertion: saml } = namespaces;
const bearer = 'urn:oasis:names:tc:SAML:2.0:cm:bearer';
const transient = 'urn:oasis:names:tc:SAML:2.0:nameid-format:transient';
const subjectCharsMax = 500;
/** An assertion is remembered at least this long after its use. */
const rememberedMsMin = 60 * 60_000;

export interface AssertionExpectations {
  readonly config: SamlConfig;
  readonly acsUrl: string;
  readonly entityId: string;
  readonly requestId: string;
  readonly now: Date;
}

/**
 * The facts of a signed assertion that was made for this service, this request and this time.
 * @throws Refused
 */
export function readAssertion(assertion: XmlElement, expected: AssertionExpectations): AssertedIdentity {
  const issuers = childrenNamed(assertion, saml, 'Issuer');
  if (issuers.length !== 1 || issuers[0]!.text !== expected.config.entity_id)
    throw new Refused('the assertion is of another provider (Issuer)');
  const subject = only(assertion, 'Subject');
  const confirmedUntil = checkConfirmation(subject, expected);
  const validUntil = checkConditions(only(assertion, 'Conditions'), expected);
  const session = readSession(assertion, expected.now);
  checkContexts(assertion, expected.config);
  const attributes = readAttributes(assertion);
  const usableUntil = Math.max(confirmedUntil, validUntil) + clockSkewMs;
  const expiresAt = Math.min(Math.max(usableUntil, expected.now.getTime() + rememberedMsMin), latestStorableMs);
  const id = assertion.attributes.get('ID');
  if (!id) throw new Refused('the assertion has no ID');
  return {
    subject: readSubject(subject, attributes, expected.config),
    ...readPerson(attributes, expected.config),
    attributes: Object.fromEntries(attributes),
    ...session,
    sid: null,
    assertion: { id, expiresAt: new Date(expiresAt).toISOString() },
  };
}

/** The NameID, or the attribute that the organization has chosen instead. */
function readSubject(subject: XmlElement, attributes: ReadonlyMap<string, readonly string[]>, { attributes: names }: SamlConfig): string {
  const value = names.identifier === null ? readNameId(subject) : findAttribute(attributes, [names.identifier]);
  if (!value?.trim()) throw new Refused('the assertion has no identifier');
  if (value.length > subjectCharsMax) throw new Refused('the identifier is too long');
  return value;
}

function readNameId(subject: XmlElement): string {
  const nameId = only(subject, 'NameID');
  if (nameId.children.length > 0) throw new Refused('the NameID has elements');
  if (nameId.attributes.get('Format') === transient) throw new Refused('the NameID is transient, and no attribute is the identifier');
  return nameId.text;
}

/**
 * Requires a bearer confirmation for this recipient and this request.
 * @returns the time at which the confirmation expires, in milliseconds since 1970
 */
function checkConfirmation(subject: XmlElement, { acsUrl, requestId, now }: AssertionExpectations): number {
  for (const confirmation of childrenNamed(subject, saml, 'SubjectConfirmation')) {
    const [data, ...others] = childrenNamed(confirmation, saml, 'SubjectConfirmationData');
    if (!data || others.length > 0) continue;
    const until = timeOf(data, 'NotOnOrAfter');
    const fits =
      confirmation.attributes.get('Method') === bearer &&
      data.attributes.get('Recipient') === acsUrl &&
      data.attributes.get('InResponseTo') === requestId &&
      !data.attributes.has('NotBefore') &&
      until !== null &&
      isBefore(now, until);
    if (fits) return until;
  }
  throw new Refused('no SubjectConfirmation is for the bearer, this service, this request and this time');
}

/** @returns the time at which the conditions expire, in milliseconds since 1970 */
function checkConditions(conditions: XmlElement, { entityId, now }: AssertionExpectations): number {
  const from = timeOf(conditions, 'NotBefore');
  const until = timeOf(conditions, 'NotOnOrAfter');
  if (from !== null && now.getTime() + clockSkewMs < from) throw new Refused('the assertion is not valid yet');
  if (until === null || !isBefore(now, until)) throw new Refused('the assertion has expired');
  const restrictions = childrenNamed(conditions, saml, 'AudienceRestriction');
  const isForUs = (restriction: XmlElement) => childrenNamed(restriction, saml, 'Audience').some(({ text }) => text === entityId);
  if (restrictions.length === 0 || !restrictions.every(isForUs))
    throw new Refused('the assertion is for another service (Audience). Check the Entity ID at the provider.');
  return until;
}

/** The end has no tolerance, because a login that has ended at the provider opens no session. */
function readSession(assertion: XmlElement, now: Date): Pick<AssertedIdentity, 'authenticatedAt' | 'sessionEndsAt' | 'sessionIndex'> {
  const statements = childrenNamed(assertion, saml, 'AuthnStatement');
  if (statements.length === 0) throw new Refused('the assertion has no AuthnStatement');
  const authenticated = statements.map((statement) => timeOf(statement, 'AuthnInstant')).filter((time) => time !== null);
  const ends = statements.map((statement) => timeOf(statement, 'SessionNotOnOrAfter')).filter((end) => end !== null);
  const end = ends.length === 0 ? null : Math.min(...ends);
  if (end !== null && end <= now.getTime()) throw new Refused('the session at the provider has ended');
  return {
    authenticatedAt: authenticated.length === 0 ? null : new Date(Math.min(...authenticated)).toISOString(),
    sessionEndsAt: end === null ? null : new Date(end).toISOString(),
    sessionIndex: statements[0]?.attributes.get('SessionIndex') ?? null,
  };
}

/** Each statement about the login must name one of the ways that the organization accepts. */
function checkContexts(assertion: XmlElement, { authn_contexts: accepted }: SamlConfig): void {
  if (!accepted) return;
  const isAccepted = (statement: XmlElement) => {
    const context = only(statement, 'AuthnContext');
    return accepted.includes(only(context, 'AuthnContextClassRef').text.trim());
  };
  if (!childrenNamed(assertion, saml, 'AuthnStatement').every(isAccepted))
    throw new Refused('the login at the provider has none of the required values of AuthnContextClassRef');
}

function isBefore(now: Date, until: number): boolean {
  return now.getTime() - clockSkewMs < until;
}

/**
 * Null if the attribute is missing. A time after the latest one that can be stored, by which some
 * providers mean "never", becomes the latest one.
 */
function timeOf(element: XmlElement, name: string): number | null {
  const text = element.attributes.get(name);
  if (text === undefined) return null;
  const given = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$/.test(text) ? Date.parse(text) : Number.NaN;
  const time = Math.min(given, latestStorableMs);
  if (!isStorableTime(time)) throw new Refused(`${name} is not a time`);
  return time;
}

function only(parent: XmlElement, name: string): XmlElement {
  const [found, ...others] = childrenNamed(parent, saml, name);
  if (!found || others.length > 0) throw new Refused(`the assertion does not have exactly one ${name}`);
  return found;
}
