/** A response can contain anything, so only its beginning is stored. */
const responseBytesMax = 1_024;

/** The beginning of a response for `DeliveryResult`. PostgreSQL stores no NUL characters. */
export function storedResponse(body: Buffer): string {
  return body.subarray(0, responseBytesMax).toString('utf8').replaceAll('\0', '');
}
