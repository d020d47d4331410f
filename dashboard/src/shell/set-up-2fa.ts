/** The address where one sets up 2FA, and from where one comes back into the organization. */
export function setUp2faAddress(slug: string): string {
  return `/account/security/?organization=${encodeURIComponent(slug)}`;
}
