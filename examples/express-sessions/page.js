/** @type {Readonly<Record<string, string>>} */
const entities = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' };

/**
 * Text for HTML: what comes from elsewhere is never markup.
 * @param {unknown} text
 */
export const escaped = (text) => String(text).replace(/[&<>"']/g, (character) => entities[character] ?? '');

/** @param {string} body HTML */
export const page = (body) =>
  `<!doctype html><html lang="en"><meta charset="utf-8"><title>Example</title><link rel="icon" href="data:,">${body}</html>`;
