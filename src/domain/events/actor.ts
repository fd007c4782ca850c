/** Who acts in the administration, as events name them. Source: docs/audit.md. */
export interface Actor {
  readonly type: 'operator' | 'user' | 'command' | 'bootstrap';
  /** An operator's id, a person's `sub`, a command's system user; of the admin token `bootstrap`. */
  readonly id: string;
  readonly name: string;
}

/** Whoever shows the admin token. */
export const bootstrap: Actor = { type: 'bootstrap', id: 'bootstrap', name: 'bootstrap' };
