/** The text is not well-formed, or exceeds a limit. */
export class XmlError extends Error {}
