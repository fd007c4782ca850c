/** Starts a run with all attacks, by default against this server, and resolves with its id. Throws: Error with a message for the visitor. */
export async function startRun(order = {}) {
  const response = await fetch('/compare/runs', {
    method: 'POST',
    headers: { 'content-type': 'application/json', accept: 'application/json' },
    body: JSON.stringify(order),
  }).catch(() => {
    throw new Error('The server cannot be reached. Please try again.');
  });
  const answer = await response.json().catch(() => ({}));
  if (!response.ok) throw new Error(whyNot(response, answer));
  return answer.id;
}

/** What each attack does and what should stop it, by its name. Without it the outcomes are shown all the same. */
export async function readCatalogue() {
  const response = await fetch('/compare/attacks').catch(() => undefined);
  const attacks = response?.ok ? await response.json() : [];
  return new Map(attacks.map((attack) => [attack.name, attack]));
}

function whyNot({ status: code, headers }, { error_description: description = 'The server refused' }) {
  const seconds = headers.get('retry-after');
  const again = seconds === null ? 'Please try again later.' : `Please try again in ${seconds} seconds.`;
  if (code === 429) return `Others are running the comparison now, or you have run it often. ${again}`;
  if (code === 503) return `The server cannot reach its database at the moment. ${again}`;
  return `${description}.`;
}

/**
 * Follows a run by its server-sent events: `handlers` by the type of the event. Resolves with the event that ends it.
 * Throws: Error with a message for the visitor.
 */
export function followRun(id, handlers) {
  return new Promise((resolve, reject) => {
    const source = new EventSource(`/compare/runs/${encodeURIComponent(id)}/events`);
    const on = (type, handle) => source.addEventListener(type, ({ data }) => handle(JSON.parse(data)));
    for (const [type, handle] of Object.entries(handlers)) on(type, handle);
    on('done', (end) => {
      source.close();
      resolve(end);
    });
    source.addEventListener('error', () => {
      // A connection that broke is taken up again by the browser itself.
      if (source.readyState !== EventSource.CLOSED) return;
      reject(new Error('The connection to the server was lost. Please try again.'));
    });
  });
}
