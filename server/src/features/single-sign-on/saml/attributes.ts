import type { SamlConfig } from '@rollcall/protocol';
import { withoutDomains } from '../../../runtime/text/name-text.ts';
import type { AssertedIdentity } from '../domain/asserted-identity.ts';
import { Refused } from './refused.ts';
import { childrenNamed, namespaces, type XmlElement } from './xml.ts';

const { assertion: saml } = namespaces;
const claims = 'http://schemas.xmlsoap.org/ws/2005/05/identity/claims';

/** The names of these facts at common providers, unless the organization has set others. */
const defaultNames = {
  user_email: ['user_email', 'email', 'mail', 'User.email', `${claims}/emailaddress`, 'urn:oid:0.9.2342.19200300.100.1.3'],
  first_name: ['first_name', 'firstName', 'firstname', 'givenName', 'User.FirstName', `${claims}/givenname`, 'urn:oid:2.5.4.42'],
  last_name: ['last_name', 'lastName', 'lastname', 'sn', 'User.LastName', `${claims}/surname`, 'urn:oid:2.5.4.4'],
} as const;

/** @throws Refused if a name occurs twice, because readers could choose different values */
export function readAttributes(assertion: XmlElement): ReadonlyMap<string, readonly string[]> {
  const attributes = new Map<string, readonly string[]>();
  const elements = childrenNamed(assertion, saml, 'AttributeStatement').flatMap((statement) => childrenNamed(statement, saml, 'Attribute'));
  for (const element of elements) {
    const name = element.attributes.get('Name');
    if (!name) throw new Refused('an attribute has no name');
    if (attributes.has(name)) throw new Refused('an attribute occurs twice');
    const values = childrenNamed(element, saml, 'AttributeValue').filter(({ children }) => children.length === 0);
    attributes.set(
      name,
      values.map(({ text }) => text),
    );
  }
  return attributes;
}

/** The first value of the first of these attributes that has any. */
export function findAttribute(attributes: ReadonlyMap<string, readonly string[]>, names: readonly string[]): string | undefined {
  return names.map((name) => attributes.get(name)?.[0]?.trim()).find((value) => value);
}

export function readPerson(
  attributes: ReadonlyMap<string, readonly string[]>,
  { attributes: names }: SamlConfig,
): Pick<AssertedIdentity, 'email' | 'emailVerified' | 'name'> {
  const find = (fact: keyof typeof defaultNames) => {
    const name = names[fact];
    return findAttribute(attributes, name === null ? defaultNames[fact] : [name]);
  };
  const email = find('user_email') ?? null;
  const name = [find('first_name'), find('last_name')].filter(Boolean).join(' ');
  // SAML can't state that an address is verified. The organization trusts its provider for that.
  return { email, emailVerified: email !== null, name: withoutDomains(name) };
}
