/** The product scopes that the tests use, as a program declares its own. */
declare module '@rollcall/client' {
  interface ProductScopes {
    'invoice:approve': true;
    'invoice:read': true;
    /** No table defines it. */
    'invoice:fly': true;
  }
}

export {};
