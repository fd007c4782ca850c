import { keptForm, sendForm } from './kept-form.js';

/** On the page of an error that passes: sends what was sent once more, or, where that is not known any more, goes back. */
const button = document.querySelector('#try-again');
const fields = keptForm(location.pathname);

button.addEventListener('click', () => {
  button.disabled = true;
  if (fields === undefined) history.back();
  else sendForm(location.pathname, fields);
});
button.hidden = false;
