import { selfShape, sessionShape } from '@rollcall/protocol/rest/shapes';
import * as z from 'zod';
import { about } from '../../openapi/about.ts';

export const aboutSessions = about('Sessions', {
  login: {
    id: 'logIn',
    summary: 'Log in',
    description: 'The session is in a cookie. Where there is a second factor, the code `2fa-required` asks for `otp`.',
    answers: { 200: selfShape },
  },
  register: {
    id: 'register',
    summary: 'Make an account by an invite, and log in',
    description: 'For the address that was invited.',
    answers: { 201: selfShape },
    errors: ['already-exists'],
  },
  logout: { id: 'logOut', summary: 'Log out', answers: { 204: null } },
  logoutAll: {
    id: 'logOutEverywhere',
    summary: 'Log out everywhere',
    description: 'With `endTokens` all tokens of the user end too.',
    answers: { 204: null },
  },
  list: {
    id: 'listSessions',
    summary: 'List one’s own sessions',
    description: 'The latest used first.',
    answers: { 200: z.array(sessionShape) },
  },
  remove: {
    id: 'removeSession',
    summary: 'End a session',
    description: 'With `endTokens` all tokens of the user end too.',
    answers: { 204: null },
  },
});
