/**
 * A form that carries a signature, kept while it is under way: should the server not be able to take it, it can be sent
 * again, where signing anew would mean to gather the signatures of several people once more. It is kept in this tab alone,
 * and its nonce is worth nothing once it has been taken.
 */
const name = 'tessera-form';

/** Sends the form, and keeps it for {@link keptForm}. */
export function sendForm(path, fields) {
  sessionStorage.setItem(name, JSON.stringify({ path, fields }));
  const form = Object.assign(document.createElement('form'), { method: 'post', action: path, hidden: true });
  for (const [field, value] of Object.entries(fields)) {
    form.append(Object.assign(document.createElement('input'), { type: 'hidden', name: field, value }));
  }
  document.body.append(form);
  form.submit();
}

/** The fields of the form that was sent to this path; undefined when there is none. */
export function keptForm(path) {
  const kept = JSON.parse(sessionStorage.getItem(name) ?? 'null');
  return kept?.path === path ? kept.fields : undefined;
}

export function forgetForm() {
  sessionStorage.removeItem(name);
}
