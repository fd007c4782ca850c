/*
 * One login by a passkey: a challenge, and the assertions that answer it at two servers on one store. Source: WebAuthn Level 3
 * §7.2; src/protocols/passkey/passkey-logins.ts. As a wallet's: the challenge is found, the assertion verified, and the
 * challenge then redeemed with the session that it becomes.
 *
 * An assertion is a key, and what it signed: a challenge, and what the browser says beside it. The browser is honest about its
 * origin; a program in its place is not. Clock as in pkce.pml.
 */
#include "model.pml"

property(once);           /* A challenge becomes at most one session. */
property(mine_phishing);  /* Whose page relays a challenge to Alice's browser gets no session of hers. */
property(mine_elsewhere); /* Who has what Alice's passkey signed for another relying party gets no session of hers. */
property(mine_request);   /* Who reads the assertion, and has another browser, gets no session. */
property(mine_device);    /* Who holds Alice's authenticator, and cannot unlock it, gets no session of hers. */
property(mine_key);       /* Who has no key of Alice's gets no session of hers. */
property(kept);           /* Without the assertion nobody uses the challenge up or ends its session; with it no duplicate does. */
property(noticed);        /* Where a copy of the passkey has signed in, the original is not accepted as if nothing had been. */
property(ended_expired);  /* An assertion that comes after the challenge has expired begins no session. */
property(ended_replay);   /* Once a late replay was answered, the session serves no more. */
property(finishes);       /* Alice can sign in. */

mtype = { alice, mallory, browser_of_alice, browser_of_mallory };
mtype = { this_origin, a_sibling_host, another_site, this_rp, another_rp };
mtype = { verified, only_present };
/* The key that signed; an account of Mallory has a key of hers, and the assertion names Alice. */
mtype = { key_of_alice, key_of_mallory, no_key };
/* What Mallory has. Where she needs a challenge of her own, it is of her browser. */
mtype = { requests, cookies, phishing, elsewhere, devices, nothing, copies };

#define expiresAt 2
#define isLate (arrivedAt > begunAt)
#define isRisen (without(passkey_counter) || counter > stored || (fault(counter_may_stay) && counter == stored))
#define isHers (reads == phishing || reads == elsewhere || reads == devices || reads == nothing)
#define browserOfChallenge (isHers -> browser_of_mallory : browser_of_alice)

mtype reads;
/* The challenge, in src/domain/challenges/challenge.ts. */
bool isStored;
/* The session that it becomes, in src/domain/challenges/session.ts, which remembers the winning assertion. */
bool isBegun, isEnded, isSuspected;
byte begunAt;
/* The counter in the user's record: with `copies` the copy has signed in before, and it stands where Alice's comes to now. */
byte stored;

byte now, answered, idle = servers;
bool hasSigned, isReplayed;
/* who, browser, origin, relying party, user verification, key, counter */
chan assertion[doors] = [0] of { mtype, mtype, mtype, mtype, mtype, mtype, byte };

inline delete() {
  isStored = without(passkey_single_use);
  if :: who == mallory && reads == requests -> falls(kept) :: else fi
}

inline answerSession() {
  answers(tokens); says("Server %d answers %e with a session.", _pid + 1, who);
  answered = (answered < 2 -> answered + 1 : 2);
  if :: answered > 1 -> falls(once) :: else fi;
  if :: arrivedAt >= expiresAt -> falls(ended_expired) :: else fi;
  if
  :: who == mallory && reads == phishing -> falls(mine_phishing)
  :: who == mallory && reads == elsewhere -> falls(mine_elsewhere)
  :: who == mallory && reads == requests -> falls(mine_request)
  :: who == mallory && reads == devices -> falls(mine_device)
  :: who == mallory && reads == nothing -> falls(mine_key)
  :: reads == copies -> falls(noticed)
  :: else
  fi;
  if :: who == alice -> falls(finishes) :: else fi
}

/* For a challenge that is gone: the same assertion, late, ends the session that it began. */
inline refuse() {
  if
  :: !isStored && isBegun && !without(passkey_replay_ends) &&
     (isWinner || fault(replay_without_proof)) && (isLate || fault(duplicate_ends)) ->
     says("Server %d takes the request of %e for a replay, and ends the session.", _pid + 1, who);
     isEnded = true;
     if :: !(isWinner && isLate) -> falls(kept) :: else fi
  :: else
  fi;
  answers(refused); says("Server %d refuses %e.", _pid + 1, who);
  if :: isBegun && isWinner && isLate -> isReplayed = true :: else fi
}

/* POST /login/passkey: PasskeyLogins.verify and redeem. */
active [servers] proctype Server() {
  mtype who, browser, origin, rp, verification, key;
  byte counter, arrivedAt;
  bool isVerified, isWinner, isRedeemed, isRefused;
end:
  do
  :: atomic { assertion[door] ? who, browser, origin, rp, verification, key, counter ->
       idle--;
       takes; arrivedAt = now;
       says("Server %d gets an assertion of %e: from the %e, made at %e for %e, the user %e, by %e.", _pid + 1, who, browser,
         origin, rp, verification, key) }
     d_step {                       /* find, and the checks of WebAuthn Level 3 §7.2 in their order */
       isVerified = isStored &&
         (without(passkey_browser) || browser == browserOfChallenge) &&
         (without(passkey_expiry) || arrivedAt < expiresAt) &&
         (without(passkey_origin) || origin == this_origin ||
           (fault(origin_by_its_end) && origin == a_sibling_host)) &&
         (without(passkey_rp_id) || rp == this_rp) &&
         (without(passkey_user_verified) || verification == verified) &&
         (without(passkey_account) || key != key_of_mallory) &&
         (without(passkey_signature) || key != no_key);
       if :: isVerified -> says("Server %d finds the challenge, and verifies the assertion of %e.", _pid + 1, who) :: else fi;
       if :: fault(delete_before_verify) && isStored && !isVerified -> delete() :: else fi;
       /* The session remembers a hash of the signature that won. */
       isWinner = key == key_of_alice && !isHers && origin == this_origin && rp == this_rp && verification == verified;
       origin = 0; rp = 0; verification = 0; browser = 0
     }
     d_step {                       /* redeem: found and deleted in one step */
       isRedeemed = isVerified && isStored;
       if :: isRedeemed && !isBegun -> begunAt = now :: else fi;
       if :: isRedeemed && !without(passkey_atomic) -> delete() :: else fi
     }
     if :: without(passkey_atomic) && isRedeemed -> d_step { delete() } :: else fi;
     d_step {                       /* the session begins: its id is derived from the challenge's */
       isRedeemed = isRedeemed && (!isBegun || without(both_one_grant)); isBegun = isBegun || isRedeemed }
     d_step {                       /* count: one conditional write of the user's record. Source: WebAuthn Level 3 §6.1.1 */
       if
       :: isRedeemed && (isSuspected || !isRisen) ->
          says("Server %d suspects that the passkey is a copy.", _pid + 1);
          isSuspected = true; isRefused = true;
          if :: reads != copies -> falls(kept) :: else fi
       :: isRedeemed && !isSuspected && isRisen -> stored = (counter > stored -> counter : stored)
       :: else
       fi }
     d_step {
       if
       :: isRedeemed && isRefused -> isEnded = true; refuse()
       :: isRedeemed && !isRefused -> answerSession()
       :: else -> refuse()
       fi;
       who = 0; key = 0; counter = 0; arrivedAt = 0; isVerified = false; isWinner = false; isRedeemed = false; isRefused = false;
       idle++
     }
  od
}

/* A replay of a trace takes the place of what follows. */
/* The service, asked with the session's cookie: Sessions.current. */
active proctype Page() {
end:
  d_step {
    isReplayed && answered > 0 && !isEnded ->
    says("The account page is shown with the cookie of the session.");
    falls(ended_replay)
  }
}

/* Alice's browser and her authenticator. An assertion that is not confirmed is sent again. */
active proctype Alice() {
  atomic {
    if
    :: reads = requests :: reads = cookies :: reads = phishing :: reads = elsewhere :: reads = devices :: reads = nothing
    :: reads = copies; stored = 1
    fi;
    isStored = true;
    says("The service stores a challenge for the %e.", browserOfChallenge)
  }
  if :: isHers -> goto end :: else fi;
  d_step { hasSigned = true; says("Alice's authenticator verifies her, and signs the challenge.") }
end:
  do
  :: atomic { idle > 0 && hasSigned ->
       assertion[0] ! alice, browser_of_alice, this_origin, this_rp, verified, key_of_alice, 1 }
  od
}

/* Who has what the scenario gives her, and a browser, an account and a key of her own. */
active proctype Mallory() {
  mtype browser = browser_of_mallory, origin = this_origin, rp = this_rp, verification = verified, key = key_of_alice;
end:
  do
  :: atomic { idle > 0 && (isStored || isBegun) && reads != copies ->
       if
       :: reads == requests && hasSigned -> says("Mallory reads the assertion."); if :: key = no_key :: skip fi
       :: reads == cookies && hasSigned -> says("Mallory reads the assertion, and the cookies."); browser = browser_of_alice
       :: reads == phishing -> says("Alice signs the challenge on a page of Mallory.");
          if :: origin = a_sibling_host :: origin = another_site; rp = another_rp fi
       :: reads == elsewhere -> says("A program on Alice's device asks for another relying party."); rp = another_rp
       :: reads == devices -> says("Mallory touches Alice's security key."); verification = only_present
       :: reads == nothing -> if :: key = key_of_mallory :: key = no_key fi
       fi;
       assertion[0] ! mallory, browser, origin, rp, verification, key, 1;
       browser = browser_of_mallory; origin = this_origin; rp = this_rp; verification = verified; key = key_of_alice }
  od
}

active proctype Clock() {
end:
  do :: d_step { (isStored || isBegun) && now < expiresAt -> now++;
       if :: now == expiresAt -> says("The challenge expires.") :: else -> says("Some seconds pass.") fi } od
}
