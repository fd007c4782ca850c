import type { Answer } from './wallet';

/** An answer that is not the one that a login needs. */
export class Refused extends Error {
  constructor(
    step: string,
    readonly answer: Answer,
  ) {
    const { status, body } = answer;
    super(`${step}: ${status} ${String(body['reason'] ?? body['error'] ?? redirected(answer))}`);
  }
}

/** Where to, or why: the rest of its query differs each time. */
function redirected({ headers }: Answer): string {
  const location = headers.get('location') ?? '';
  return /[?&](error=[^&]+)/.exec(location)?.[1] ?? location.replace(/\?.*/, '');
}

/** What was answered, with the members of its JSON; none of what is no JSON. */
export async function answerOf(response: Response): Promise<Answer & { readonly text: string }> {
  const text = await response.text();
  return { status: response.status, headers: response.headers, body: membersOf(text), text };
}

function membersOf(text: string): Answer['body'] {
  try {
    return { ...JSON.parse(text) };
  } catch {
    return {};
  }
}
