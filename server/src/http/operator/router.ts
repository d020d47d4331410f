import { Router } from 'express';
import type { Services } from '../services.ts';

/** The operator's API. */
export function operatorRouter(_services: Services, _importBytesMax: number): Router {
  return Router({ strict: true, caseSensitive: true });
}
