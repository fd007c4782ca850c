import type { ModelAspect, Statement } from '../comparison';
import type { Summary } from '../run';
import { byDesign, type Material, notMeasured } from './material';

/** What a login costs on the wire. */
export function costAspects({ run }: Material): ModelAspect[] {
  const both = (id: string, title: string, statement: (summary: Summary | undefined) => Statement): ModelAspect => ({
    id,
    title,
    pkce: statement(run?.summary.pkce),
    wallet: statement(run?.summary.wallet),
    passkey: statement(run?.summary.passkey),
  });
  return [both('round-trips', 'Round trips', roundTrips), both('bytes', 'Bytes on the wire', bytes)];
}

function roundTrips(summary: Summary | undefined): Statement {
  if (summary === undefined)
    return {
      text: byDesign('one to get the challenge and one to answer it, beside the person’s own login.'),
      facts: [{ name: 'round trips', value: null, from: 'run' }],
    };
  const { challenge, proof, person } = summary.roundTripsByPhase;
  const login = person === 0 ? '' : ` ${person} more were the person’s own login at the login page.`;
  return {
    text: `${challenge} to get the challenge and ${proof} to answer it.${login}`,
    facts: [
      { name: 'challenge', value: challenge, from: 'run' },
      { name: 'proof', value: proof, from: 'run' },
      { name: 'the person’s login', value: person, from: 'run' },
    ],
  };
}

function bytes(summary: Summary | undefined): Statement {
  if (summary === undefined) return { text: notMeasured, facts: [{ name: 'bytes', value: null, from: 'run' }] };
  const { protocolBytes, bytesSent, bytesReceived } = summary;
  return {
    text: `${protocolBytes} bytes of HTTP for the challenge and its proof, both directions; ${bytesSent + bytesReceived} with the person’s login and the first use of the token.`,
    facts: [
      { name: 'challenge and proof', value: protocolBytes, unit: 'bytes', from: 'run' },
      { name: 'sent by the client, all', value: bytesSent, unit: 'bytes', from: 'run' },
      { name: 'sent by the server, all', value: bytesReceived, unit: 'bytes', from: 'run' },
    ],
  };
}
