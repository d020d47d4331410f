import {
  authenticatorShape,
  clientHealthShape,
  emailShape,
  newUserTokenShape,
  recoveryCodesShape,
  regionsShape,
  rootShape,
  selfShape,
  totpSetupShape,
  userTokenShape,
} from '@rollcall/protocol/rest/shapes';
import * as z from 'zod';
import { about } from '../../openapi/about.ts';

export const aboutIdentity = about('Account', {
  root: { id: 'readRoot', summary: 'Read who one is, and what the token may do', answers: { 200: rootShape } },
  self: { id: 'readSelf', isForUsers: true, summary: 'Read one’s own user', answers: { 200: selfShape }, errors: ['not-found'] },
  regions: {
    id: 'readRegions',
    isForUsers: true,
    summary: 'Read where to send calls',
    answers: { 200: regionsShape },
    errors: ['not-found'],
  },
  health: {
    id: 'readClientHealth',
    summary: 'See that the server answers, and takes the credential',
    answers: { 200: clientHealthShape },
  },
});

export const aboutAccount = about('Account', {
  self: {
    id: 'readSelfOrNothing',
    isForUsers: true,
    summary: 'Read one’s own user, if there is one',
    description: '400 without a body for whoever has no user.',
    answers: { 200: selfShape },
  },
  renew: {
    id: 'proveLogin',
    summary: 'Give the password again',
    description: 'For what needs a recent login, which is refused with the code `sudo-required` otherwise.',
    answers: { 200: selfShape },
  },
  changePassword: {
    id: 'changePassword',
    summary: 'Change the password',
    description: 'All other sessions end; with `endTokens` all tokens of the user too.',
    isCommand: true,
    isUnrepeatable: true,
    answers: { 204: null },
  },
});

export const aboutPasswordReset = about('Account', {
  ask: {
    id: 'askForPasswordReset',
    summary: 'Ask for a link that sets another password',
    description: 'Answers the same whether or not there is such a user.',
    answers: { 202: null },
  },
  reset: {
    id: 'resetPassword',
    summary: 'Set another password by the link of the mail',
    description: 'All sessions end; with `endTokens` all tokens of the user too.',
    isCommand: true,
    isUnrepeatable: true,
    answers: { 204: null },
  },
});

export const aboutApiTokens = about('Account', {
  list: { id: 'listUserTokens', summary: 'List one’s own tokens', answers: { 200: z.array(userTokenShape) } },
  create: {
    id: 'createUserToken',
    summary: 'Create a token',
    description: 'Scopes beyond `…:read` need a recent login (`sudo-required`), and the user gets a mail.',
    answers: { 201: newUserTokenShape },
    errors: ['not-found'],
  },
  remove: {
    id: 'removeUserToken',
    summary: 'Remove a token',
    description: 'What it opened is closed at once.',
    isCommand: true,
    answers: { 204: null },
    errors: ['not-found'],
  },
});

export const aboutEmails = about('Account', {
  list: { id: 'listEmails', summary: 'List one’s own addresses', answers: { 200: z.array(emailShape) }, errors: ['not-found'] },
  add: {
    id: 'addEmail',
    summary: 'Add an address',
    description: 'A mail with a link is sent to it.',
    answers: { 201: emailShape },
    errors: ['already-exists'],
  },
  verify: {
    id: 'verifyEmail',
    summary: 'Confirm an address by the link of the mail',
    answers: { 204: null },
    errors: ['already-exists'],
  },
  makePrimary: {
    id: 'makeEmailPrimary',
    summary: 'Make an address the primary one',
    description: 'One that was verified less than 7 days ago needs `password`.',
    answers: { 200: z.array(emailShape) },
    errors: ['already-exists'],
  },
  remove: { id: 'removeEmail', summary: 'Remove an address', answers: { 204: null } },
  removeByLink: {
    id: 'removeEmailByLink',
    summary: 'Remove an address by the link of the mail about it',
    description: 'Without a login. All sessions end; with `endTokens` all tokens of the user too.',
    isCommand: true,
    isUnrepeatable: true,
    answers: { 204: null },
  },
  ask: { id: 'askForVerification', summary: 'Have the link sent again', answers: { 202: null } },
});

export const aboutAuthenticators = about('Account', {
  list: { id: 'listAuthenticators', summary: 'List second factor and recovery codes', answers: { 200: z.array(authenticatorShape) } },
  begin: {
    id: 'beginTotp',
    summary: 'Begin to set up an authenticator app',
    description: 'Nothing is kept until a code of the app was shown.',
    answers: { 200: totpSetupShape },
  },
  confirm: {
    id: 'confirmTotp',
    summary: 'Set up an authenticator app by a code of it',
    isCommand: true,
    isUnrepeatable: true,
    answers: { 201: recoveryCodesShape },
  },
  removeTotp: {
    id: 'removeTotp',
    summary: 'Remove the second factor',
    description: 'And with it the access to organizations that require one.',
    isCommand: true,
    isUnrepeatable: true,
    answers: { 204: null },
    errors: ['not-found'],
  },
  renewRecoveryCodes: {
    id: 'renewRecoveryCodes',
    summary: 'Make new recovery codes',
    description: 'The earlier ones work no more.',
    isCommand: true,
    isUnrepeatable: true,
    answers: { 201: recoveryCodesShape },
  },
});
