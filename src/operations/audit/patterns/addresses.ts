import { hostOf } from '../../../platform/http/client-address';
import { keyed } from './pattern';

/** An IP address whose requests fail again and again. */
export const failuresFromOneAddress = keyed({
  name: 'failures_from_one_address',
  threshold: 10,
  keyOf: ({ type, ip }) => (type !== 'request_refused' || ip === undefined ? undefined : hostOf(ip)),
  lists: { reasons: ({ reason }) => reason },
  weighed: true,
  evidence: (ip, { reasons }) => ({ ip, reasons: reasons.table() }),
});

/** A code or nonce that was tried from several addresses: more than one party has it. */
export const oneChallengeFromSeveralAddresses = keyed({
  name: 'one_challenge_from_several_addresses',
  threshold: 1,
  keyOf: ({ type, challenge, ip }) =>
    ip === undefined || type === 'code_issued' || type === 'challenge_issued' ? undefined : challenge,
  lists: {
    hosts: ({ ip = '' }) => hostOf(ip),
    clients: ({ client_id: clientId }) => clientId,
    outcomes: ({ outcome }) => outcome,
  },
  counts: 'hosts',
  evidence: (challenge, { hosts, clients, outcomes }, tries) => ({
    challenge,
    ips: hosts.list(),
    tries,
    redeemed: outcomes.list().includes('success'),
    client_ids: clients.list(),
  }),
});
