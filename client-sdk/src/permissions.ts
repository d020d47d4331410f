import {
  isSameJson,
  noPermissions,
  noProductScopes,
  type PermissionTable,
  permissionsFrameSchema,
  productScopesOf,
} from '@rollcall/protocol';

/** The permission table of the connected server. It is kept until the next connection. */
export class Permissions {
  #table = noPermissions;
  #scopes = noProductScopes;
  #hasArrived = false;

  get productScopes() {
    return this.#scopes;
  }

  /**
   * A table that can't be read gives no role any product scope. Returns whether the table changed.
   */
  receive(payload: unknown): boolean {
    this.#hasArrived = true;
    const table = (permissionsFrameSchema.safeParse(payload).data ?? noPermissions) as PermissionTable;
    if (isSameJson(table, this.#table)) return false;
    this.#table = table;
    this.#scopes = productScopesOf(table);
    return true;
  }

  /**
   * The server acknowledged something. Its table would have arrived before, so without one it never
   * had any. Returns whether the table changed.
   */
  acknowledged(): boolean {
    return !this.#hasArrived && this.receive(noPermissions);
  }

  disconnected(): void {
    this.#hasArrived = false;
  }
}
