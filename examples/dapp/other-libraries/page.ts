import { session } from '../src/tessera';

/** A button, and what becomes of it. */
export function button(label: string, onClick: () => Promise<unknown>): void {
  const element = Object.assign(document.createElement('button'), { textContent: label });
  element.addEventListener('click', () => void onClick().catch(session.report));
  document.body.append(element);
}

/** Says who is logged in, and why a login failed. */
export function showSession(): void {
  const [status, alert] = ['status', 'alert'].map((role) => Object.assign(document.createElement('p'), { role }));
  const show = () => {
    const { tokens, error } = session.getSnapshot();
    status!.textContent = tokens === undefined ? '' : `Logged in as ${tokens.claims?.sub}`;
    alert!.textContent = error === undefined ? '' : `${error.message}. ${error.advice}`;
  };
  session.subscribe(show);
  show();
  document.body.append(status!, alert!);
}
