import { newId } from '../../domain/credentials/secret';
import type { User } from '../../domain/identity/user-store';
import { runClientPrefix } from './run-clients';
import { SoftwareAuthenticator } from './software-authenticator';

/** A person of a run, and the passkey that signs them in. */
export interface RunPerson {
  readonly user: User;
  readonly authenticator: SoftwareAuthenticator;
}

/** The persons that a run registers and removes, where it plays passkeys: without a password, each with one passkey. */
export interface RunPersons {
  readonly victim: RunPerson;
  readonly attacker: RunPerson;
}

/** Their usernames contain the run's id, so that those of a lost run can be found. */
export function runPersons(runId: string, now: number): RunPersons {
  return { victim: person(`${runId}-victim`, now), attacker: person(`${runId}-attacker`, now) };
}

function person(name: string, now: number): RunPerson {
  const authenticator = new SoftwareAuthenticator();
  const { credentialId, publicKey, userHandle } = authenticator;
  const passkey = { id: newId(), credentialId, publicKey, counter: 0, name: 'a run', synced: false, createdAt: now };
  const user = { id: newId(), username: `${runClientPrefix}${name}`, userHandle, passkeys: [passkey], demo: false };
  return { user, authenticator };
}

/** The run of a username; undefined for any other user. */
export function runOfPerson(username: string): string | undefined {
  return /^comparison-([\w-]{22})-(?:victim|attacker)$/.exec(username)?.[1];
}
