/** The tolerated difference between this server's clock and the identity provider's. */
export const clockSkewMs = 60_000;
