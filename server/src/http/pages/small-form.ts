import express from 'express';

/** The longest field is the link of an invitation or an email address, some 300 bytes. */
const bodyBytesMax = 4 * 1_024;

/** Parses the form of a page that works without JavaScript. */
export const smallForm = express.urlencoded({ extended: false, limit: bodyBytesMax, parameterLimit: 10 });
