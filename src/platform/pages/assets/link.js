import { hiddenInput, offerNewPasskey } from './new-passkey.js';

/**
 * The page of a link: puts the secret, which is in the fragment and so was sent to nobody, into the form, and shows what the
 * link is for. Nothing is used up before a button is pressed.
 */
const form = document.querySelector('form#link');
const secret = location.hash.slice(1);
const [purpose] = secret.split('.');

form.append(hiddenInput('secret', secret));
for (const part of form.querySelectorAll('[data-for]')) part.hidden = !part.dataset.for.split(' ').includes(purpose);
if (purpose !== 'email') offerNewPasskey(form);
