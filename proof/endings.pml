/*
 * An owner is ended while two challenges of theirs are redeemed, on MongoDB: a redemption deletes its challenge in one step,
 * writes the grant in the next, and then looks for an end; its process may die between any two, and so may the one that ends.
 * Source: src/domain/challenges/mongo-challenge-store.ts (redeem, beginSince), not-before.ts; src/protocols/login/revocation.ts
 * (endSubject), which is repeated until it resolves.
 *
 * Codes are of a session, which ends with its owner; wallet challenges are of none. One tick is a millisecond.
 */
#include "model.pml"

property(once);      /* A challenge is answered with tokens at most once, whoever dies when. */
property(ended);     /* Once the end has resolved, no token of what began before it is accepted. */
property(finishes);  /* What begins after an end becomes tokens that are accepted. */

#define logins 2
#define lastTick 1
#define never 2

mtype = { codes, wallet_challenges };
mtype kind;
bool sessionHasEnded;
/* Challenges; their grants; and whether the tokens of the grants were answered. */
bool isStored[logins], isBegun[logins], isRevoked[logins], isAnswered[logins];
byte createdAt[logins];
byte now;
byte notBefore = never;   /* of the owner */
bool hasResolved;

/* not-before.ts: endsAfter, endedSince. */
#define isOfSession (kind == codes)
#define hasEnded(login) ((notBefore != never && notBefore >= createdAt[login] + fault(end_is_strict)) || \
  (isOfSession && sessionHasEnded && !fault(forgets_the_session)))
#define mayDie if :: true :: d_step { says("Process %d dies.", _pid + 1); login = 0; found = false } goto start fi

/* POST /token and /wallet/verify: ChallengeStore.redeem. */
active [2] proctype Server() {
  byte login;
  bool found;
start:
end:
  atomic {                          /* findOneAndDelete */
    if :: isStored[0] -> login = 0 :: isStored[1] -> login = 1 fi;
    isStored[login] = false;
    says("Process %d deletes challenge %d.", _pid + 1, login + 1)
  }
  mayDie;
  if :: fault(looks_before_writing) -> found = hasEnded(login) :: else fi;
  d_step {                          /* grants.insert: the id is the primary key */
    if
    :: !isBegun[login] && !found -> isBegun[login] = true; says("Process %d writes grant %d.", _pid + 1, login + 1)
    :: else
    fi
  }
  mayDie;
  if :: !fault(looks_before_writing) && !fault(never_looks) -> found = hasEnded(login) :: else fi;
  if
  :: found -> d_step { isBegun[login] = false; says("Process %d sees the end, and removes grant %d.", _pid + 1, login + 1) }
  :: !found -> d_step {
       says("Process %d answers with tokens of grant %d.", _pid + 1, login + 1);
       if :: isAnswered[login] -> falls(once) :: else -> isAnswered[login] = true fi }
  fi;
  d_step { login = 0; found = false }
  goto start
}

/* A session, if there is one, is read before its code is stored: AuthorizeFlow.issueCode; ChallengeIssuer.issue. */
active [logins] proctype Begin() {
  byte login = _pid - 2;
  atomic { kind != 0 && !(isOfSession && sessionHasEnded) -> createdAt[login] = now }
  d_step { isStored[login] = true; says("The service stores challenge %d.", login + 1) }
}

/* pagesOf, revokeAll: found in one step, revoked in another. */
inline revokeGrants() {
  d_step { listed[0] = isBegun[0]; listed[1] = isBegun[1] && !(fault(revokes_the_oldest_alone) && isBegun[0]) }
  d_step {
    isRevoked[0] = isRevoked[0] || (listed[0] && isBegun[0]);
    isRevoked[1] = isRevoked[1] || (listed[1] && isBegun[1]);
    says("The grants that were there are revoked.");
    listed[0] = false; listed[1] = false
  }
}

/* Revocation.endSubject. */
active proctype Ender() {
  bool listed[logins], found;
  byte login;
  if :: kind = codes :: kind = wallet_challenges fi;
start:
  if :: fault(revokes_before_marking) -> revokeGrants() :: else fi;
  if
  :: fault(marks_as_done) && notBefore != never -> skip
  :: else ->
     d_step { notBefore = now; says("The owner's challenges are ended.") }
     mayDie;
     if :: isOfSession -> sessionHasEnded = true :: else fi;
     mayDie;
     if :: !fault(revokes_before_marking) -> revokeGrants() :: else fi;
     mayDie
  fi;
  d_step { hasResolved = true; says("The end has resolved.") }
}

#define isAccepted(login) (isAnswered[login] && isBegun[login] && (without(both_revoked_grant) || !isRevoked[login]))

/* AccessTokens.verify. Source: RFC 7009 §2.1. */
active proctype Resource() {
  byte login;
  atomic {
    hasResolved;
    if :: isAccepted(0) -> login = 0 :: isAccepted(1) -> login = 1 fi;
    says("A resource accepts a token of grant %d.", login + 1);
    if :: isOfSession || createdAt[login] <= notBefore -> falls(ended) :: else -> falls(finishes) fi
  }
}

active proctype Clock() {
end:
  do
  :: d_step { kind != 0 && now < lastTick -> now++; says("A millisecond passes.") }
  od
}
