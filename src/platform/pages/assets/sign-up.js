import { offerNewPasskey } from './new-passkey.js';

/** The page of a new account offers a passkey instead of a password. */
const form = document.querySelector('form#sign-up');
if (form !== null) offerNewPasskey(form);
