import { Router } from 'express';
import type { ProviderParts, ProviderServices } from '../providers/provider.ts';

/**
 * The paths that providers of integrations call, or send a browser back to. A provider that the
 * operator has not configured has none.
 */
export function extensionsRouter(services: ProviderServices): Router {
  const router = Router({ strict: true, caseSensitive: true });
  for (const opened of Object.values<ProviderParts | null>(services.providers)) opened?.addPages?.(router, services);
  return router;
}
