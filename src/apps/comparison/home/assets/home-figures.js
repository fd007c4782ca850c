/**
 * Brings the table and the plots up to date, after a run: as the server renders them, so that there is one rendering.
 * What has not arrived leaves what is there.
 */
export async function refreshFigures() {
  const response = await fetch('/', { headers: { accept: 'text/html' } }).catch(() => undefined);
  if (response?.ok !== true) return;
  const page = new DOMParser().parseFromString(await response.text(), 'text/html');
  const fresh = page.querySelector('#live');
  if (fresh !== null) document.querySelector('#live').replaceWith(document.adoptNode(fresh));
}
