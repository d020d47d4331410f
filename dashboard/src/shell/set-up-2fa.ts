/** The address of the page to set up 2FA, which returns to the organization afterwards. */
export function setUp2faAddress(slug: string): string {
  return `/account/security/?organization=${encodeURIComponent(slug)}`;
}
