import { addresseeAttacks } from './attacks/addressee-attacks.ts';
import { encryptionAttacks } from './attacks/encryption-attacks.ts';
import { factAttacks } from './attacks/fact-attacks.ts';
import type { SamlAttack } from './attacks/saml-attack.ts';
import { signatureAttacks } from './attacks/signature-attacks.ts';
import { textAttacks } from './attacks/text-attacks.ts';
import { wrappingAttacks } from './attacks/wrapping-attacks.ts';

/** The attacks, each of which must be refused. */
export const samlAttacks: readonly SamlAttack[] = [
  ...wrappingAttacks,
  ...signatureAttacks,
  ...textAttacks,
  ...addresseeAttacks,
  ...encryptionAttacks,
  ...factAttacks,
];
