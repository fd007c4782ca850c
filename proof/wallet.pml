/*
 * One login by Sign-In with Ethereum: a challenge, and the signatures that answer it at two servers on one store. Source:
 * EIP-4361, EIP-191; src/protocols/wallet/sign-in.flow.ts, wallet-challenges.ts, and wallet-logins.ts for the login page, where
 * the challenge becomes a session in place of a grant. A signature cannot be a predicate: the challenge is found, the signature
 * verified, and the challenge then redeemed.
 *
 * A signature is a key and the text that it signed; nobody signs with a key that is not theirs. Clock as in pkce.pml.
 */
#include "model.pml"

property(once);             /* A challenge becomes at most one grant. */
property(mine_message);     /* Who knows nonce and message, and what Alice signs on another site, gets no tokens of hers. */
property(mine_signature);   /* Who reads the signature, and not its code_verifier, gets no tokens. */
property(mine_nonce);       /* The same as mine_message, where the wallet writes the message with the nonce. */
property(mine_application); /* Who has a signature for another application does not log in to this one. */
property(kept);             /* Without the proofs nobody uses the challenge up or ends its login; with them no duplicate ends it. */
property(ended_expired);    /* An answer that comes after the challenge has expired gets no tokens. */
property(ended_replay);     /* Once a late replay with the proofs was answered, no token of the login is accepted. */
property(finishes);         /* Alice can sign in. */

mtype = { alice, mallory };
mtype = { the_application, an_application_of_mallory };
/* The message of the challenge, one with its nonce that is for another domain or altered, and one for Mallory's account. */
mtype = { no_message, the_message, another_message, a_message_of_mallory };
mtype = { key_of_alice, key_of_mallory, no_key };
mtype = { no_verifier, the_verifier, a_verifier_of_mallory };
/* What Mallory has; with `nonces` the wallet writes the message, and with `her_application` the challenge was asked for there. */
mtype = { messages, signatures, verify_requests, nonces, her_application };

#define expiresAt 2
#define isLate (arrivedAt > begunAt)
#define isWritten (reads == nonces)
#define clientOfChallenge (reads == her_application -> an_application_of_mallory : the_application)
/* What was signed: the issued text, or that which the wallet wrote. */
#define isShown (shown != no_message)
#define checkedText (isWritten || (without(wallet_message_bytes) && isShown) -> shown : the_message)
#define keyOfAccount (isWritten && shown == a_message_of_mallory -> key_of_mallory : key_of_alice)
#define verifierProves (verifier == committedTo || (fault(verifier_only_if_sent) && verifier == no_verifier))
/* AccountProof.hasSigned, verifierProves. */
#define isProof (key == key_of_alice && signedText == the_message && verifier == committedTo)

mtype reads;
/* The challenge, in src/domain/challenges/challenge.ts: for Alice's account, but with `nonces`. */
bool isStored;
mtype committedTo;        /* the verifier whose hash is its codeChallenge */
/* The grant, in src/domain/challenges/grant.ts. */
bool isBegun, isRevoked;
byte begunAt;

byte now;
bool hasSigned;           /* Alice has signed the message */
byte answered;
bool isReplayed;

byte idle = servers;
chan verify[doors] = [0] of { mtype, mtype, mtype, mtype, mtype, mtype };

inline delete() {
  isStored = without(wallet_single_use);
  if :: who == mallory && (reads == messages || reads == signatures || reads == nonces) -> falls(kept) :: else fi
}

inline answerTokens() {
  answers(tokens); says("Server %d answers %e with tokens.", _pid + 1, who);
  answered = (answered < 2 -> answered + 1 : 2);
  if :: answered > 1 -> falls(once) :: else fi;
  if :: arrivedAt >= expiresAt -> falls(ended_expired) :: else fi;
  if
  :: who == mallory && reads == messages -> falls(mine_message)
  :: who == mallory && reads == signatures -> falls(mine_signature)
  :: who == mallory && reads == nonces && keyOfAccount == key_of_alice -> falls(mine_nonce)
  :: client == the_application && reads == her_application -> falls(mine_application)
  :: else
  fi;
  if :: who == alice && client == the_application -> falls(finishes) :: else fi
}

/* refuseRedeemed, for a challenge that is gone. Otherwise nothing ends. */
inline refuse() {
  if
  :: !isStored && isBegun && !without(wallet_replay_revokes) &&
     (isProven || fault(replay_without_proof)) && (isLate || fault(duplicate_revokes)) ->
     says("Server %d takes the request of %e for a replay, and revokes the grant.", _pid + 1, who);
     isRevoked = true;
     if :: !(isProven && isLate) -> falls(kept) :: else fi
  :: else
  fi;
  answers(refused); says("Server %d refuses %e.", _pid + 1, who);
  if :: isBegun && isProven && isLate -> isReplayed = true :: else fi
}

/* POST /wallet/verify: SignInFlow. The login page: WalletLogins.complete. */
active [servers] proctype Server() {
  mtype who, client, shown, key, signedText, verifier;
  byte arrivedAt;
  bool isVerified, isProven, isRedeemed;
end:
  do
  :: atomic { verify[door] ? who, client, shown, key, signedText, verifier ->
       idle--;
       takes; arrivedAt = now;
       says("Server %d gets an answer of %e: %e signed with the %e, and %e.", _pid + 1, who, signedText, key, verifier) }
     d_step {                       /* find, WalletChallenges.verify, assertVerifier */
       isVerified = isStored &&
         (without(wallet_client) || client == clientOfChallenge) &&              /* EIP-4361, Message Fields (statement) */
         (without(wallet_expiry) || arrivedAt < expiresAt) &&                    /* EIP-4361, expiration-time */
         (without(wallet_message_bytes) || isWritten || !isShown || shown == the_message) &&
         (without(wallet_domain) || !isWritten || shown != another_message) &&   /* EIP-4361, Phishing Attacks */
         (without(wallet_signature) || (key != no_key &&                         /* EIP-191 */
           (without(wallet_address) || (key == keyOfAccount && signedText == checkedText)))) &&
         (without(wallet_code_verifier) || verifierProves);                      /* RFC 7636 §4.6 */
       if :: isVerified -> says("Server %d finds the challenge, and verifies the answer of %e.", _pid + 1, who) :: else fi;
       if :: fault(delete_before_verify) && isStored && !isVerified -> delete() :: else fi;
       isProven = isProof;
       key = 0; signedText = 0; verifier = 0; shown = (isWritten && isVerified -> shown : 0)
     }
     d_step {                       /* redeem: found and deleted in one step */
       isRedeemed = isVerified && isStored;
       if :: isRedeemed && !isBegun -> begunAt = now :: else fi;
       if :: isRedeemed && !without(wallet_atomic) -> delete() :: else fi
     }
     if :: without(wallet_atomic) && isRedeemed -> d_step { delete() } :: else fi;
     d_step {                       /* beginSince: the id of the grant is derived from the challenge's */
       if
       :: isRedeemed && (!isBegun || without(both_one_grant)) -> isBegun = true; answerTokens()
       :: else -> refuse()
       fi;
       who = 0; client = 0; shown = 0; arrivedAt = 0; isVerified = false; isProven = false; isRedeemed = false;
       idle++
     }
  od
}

/* A replay of a trace takes the place of what follows. */

/* A protected resource: AccessTokens.verify. Source: RFC 7009 §2.1. */
active proctype Resource() {
end:
  d_step {
    isReplayed && answered > 0 && (without(both_revoked_grant) || !isRevoked) ->
    says("A resource accepts a token of the login.");
    falls(ended_replay)
  }
}

/* Alice's wallet and the page that she signs in to. An answer that is not confirmed is sent again. */
active proctype Alice() {
  atomic {
    if
    :: reads = messages :: reads = nonces :: reads = her_application :: reads = verify_requests
    :: reads = signatures; committedTo = the_verifier
    :: reads = verify_requests; committedTo = the_verifier
    fi;
    if :: committedTo == 0 -> committedTo = no_verifier :: else fi;
    isStored = true;
    says("The service stores a challenge for %e: for %e, with the hash of %e.", clientOfChallenge,
      (reads == nonces -> no_message : the_message), committedTo)
  }
  d_step { hasSigned = true; says("Alice signs %e.", the_message) }
end:
  do
  :: atomic { idle > 0 ->
       verify[0] ! alice, clientOfChallenge, (isWritten -> the_message : no_message), key_of_alice, the_message, committedTo }
  od
}

/* Who has nonce and message, what else the scenario gives her, and a key, a verifier and an application of her own. */
active proctype Mallory() {
  mtype client, shown = no_message, key = key_of_alice, signedText = the_message, verifier = no_verifier;
end:
  do
  :: atomic { idle > 0 && (isStored || isBegun) ->
       client = the_application;
       if
       :: (reads == messages || isWritten) -> shown = the_message;
          if
          :: key = key_of_mallory :: key = no_key
          :: says("Alice signs %e with the nonce, on a site of Mallory.", another_message);
             signedText = another_message; shown = another_message
          :: reads == messages || limit(unbound_nonce) -> key = key_of_mallory; signedText = a_message_of_mallory; shown = signedText
          fi;
          if :: !isWritten -> shown = no_message :: skip fi
       :: reads == signatures && hasSigned -> says("Mallory reads the signature."); if :: verifier = a_verifier_of_mallory :: skip fi
       :: reads == verify_requests && hasSigned -> says("Mallory reads the whole answer."); verifier = committedTo
       :: reads == her_application && hasSigned -> says("Mallory has the signature.")
       fi;
       verify[0] ! mallory, client, shown, key, signedText, verifier;
       client = 0; shown = no_message; key = key_of_alice; signedText = the_message; verifier = no_verifier }
  od
}

active proctype Clock() {
end:
  do :: d_step { (isStored || isBegun) && now < expiresAt -> now++;
       if :: now == expiresAt -> says("The challenge expires.") :: else -> says("Some seconds pass.") fi } od
}
