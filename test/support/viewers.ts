import type { Viewer } from '../../server/src/domain/evaluate-access.ts';

/** A viewer without any access of its own, and with the given values. */
export function aViewer(own: Partial<Viewer> = {}): Viewer {
  return {
    userId: null,
    tokenScopes: null,
    orgTokenId: null,
    isService: false,
    boundOrgIds: null,
    bindings: null,
    address: null,
    collections: null,
    ...own,
  };
}
