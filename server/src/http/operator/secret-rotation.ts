import { secretRotationShape } from '@rollcall/protocol/rest/shapes';
import { readRotation } from '../../write-path/secret-rotation/read-rotation.ts';
import { startRotation } from '../../write-path/secret-rotation/rotate-secret.ts';
import type { Services } from '../services.ts';
import type { OperatorRequest, OperatorRoute } from './operator-route.ts';

/** The rotation of SECRET: see docs/operating/keys.md. */
export const secretRotationRoutes: readonly OperatorRoute[] = [
  {
    method: 'GET',
    path: '/secret-rotation/',
    scope: 'operator:read',
    metadata: {
      tag: 'Operator',
      id: 'readSecretRotation',
      summary: 'Retrieve the progress of the rotation of SECRET',
      description: 'Describes the latest rotation. Reports of finished ones are stored for a week.',
      responses: { 200: secretRotationShape },
    },
    handle: async (_request: OperatorRequest, { writePath }: Services) => ({ status: 200, body: await readRotation(writePath) }),
  },
  {
    method: 'POST',
    path: '/secret-rotation/',
    scope: 'operator:admin',
    metadata: {
      tag: 'Operator',
      id: 'rotateSecret',
      summary: 'Rotate SECRET',
      description:
        'Puts the keys from SECRET in use, and encrypts all stored secrets again, as a job. While one is open, it continues. All instances must have the former value as SECRET_PREVIOUS.',
      responses: { 202: secretRotationShape },
    },
    async handle({ operator }: OperatorRequest, { writePath }: Services) {
      await startRotation(writePath, operator.name);
      return { status: 202, body: await readRotation(writePath) };
    },
  },
];
