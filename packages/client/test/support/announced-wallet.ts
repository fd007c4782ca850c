const icon = 'data:image/svg+xml,%3Csvg%3E%3C/svg%3E';

/** What a wallet says of itself. Source: EIP-6963. */
export const info = { uuid: '350670db-19fa-4704-a166-e52e178b59d2', name: 'A wallet', icon, rdns: 'example.wallet' };

/** Announces a wallet in a page, as an extension does. */
export const announceTo = (page: EventTarget, detail: unknown): void =>
  void page.dispatchEvent(new CustomEvent('eip6963:announceProvider', { detail }));
