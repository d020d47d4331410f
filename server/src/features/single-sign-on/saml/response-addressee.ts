import { Refused } from './refused.ts';
import { childrenNamed, namespaces, type XmlElement } from './xml.ts';

const success = 'urn:oasis:names:tc:SAML:2.0:status:Success';

/**
 * Refuses responses to other requests, services or providers, and those that report a failure. None
 * of these values need to be signed, so the same facts are evaluated again inside the assertion.
 */
export function checkAddressee(response: XmlElement, expected: { acsUrl: string; issuer: string; requestId: string }): void {
  const { attributes } = response;
  if (attributes.get('InResponseTo') !== expected.requestId) throw new Refused('the response is to another request (InResponseTo)');
  const destination = attributes.get('Destination');
  if (destination !== undefined && destination !== expected.acsUrl)
    throw new Refused('the response is for another service (Destination). Check the ACS URL at the provider.');
  const issuers = childrenNamed(response, namespaces.assertion, 'Issuer');
  if (issuers.some(({ text }) => text !== expected.issuer))
    throw new Refused('the response is of another provider (Issuer). Check that the metadata here is from the same application.');
  const status = readStatus(response);
  if (status !== success) throw new Refused(`the provider reports ${status}`);
}

/** The status codes, without the provider's message. */
function readStatus(response: XmlElement): string {
  const statuses = childrenNamed(response, namespaces.protocol, 'Status');
  const codes: string[] = [];
  let parent = statuses.length === 1 ? statuses[0] : undefined;
  while (parent && codes.length < 3) {
    parent = childrenNamed(parent, namespaces.protocol, 'StatusCode')[0];
    if (parent) codes.push((parent.attributes.get('Value') ?? '').slice(0, 100));
  }
  return codes.join(' ') || 'no status';
}
