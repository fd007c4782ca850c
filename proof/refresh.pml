/*
 * The refresh tokens of one grant at two servers on one store. Source: RFC 6749 §6, RFC 9700 §4.14.2;
 * src/protocols/oauth/refresh.flow.ts. A rotation is one conditional update of the grant; a request that does not match it
 * reads the grant. Who lost the response may repeat the request within the grace period, and gets the same successor.
 *
 * Tokens are numbers in the order in which they were made; `foreign` is none of the grant's. One tick of the clock is longer
 * than the grace period. That a token may be bound to a key as well is left out.
 */
#include "model.pml"

property(once);         /* A refresh token is replaced by at most one other. */
property(mine_former);  /* Who reads a token that was used more than the grace period ago gets nothing for it. */
property(kept);         /* Who has no token of the grant cannot end it, nor does a repeat within the grace period. */
property(ended_reuse);  /* Once a token came that was replaced before the grace period, no token of the login is accepted. */
property(finishes);     /* Alice's application can refresh with what a refresh gave it. */

mtype = { alice, mallory };
/* What Mallory has: tokens from a log of answered requests, the token that Alice would use next, or the id of the grant. */
mtype = { used_tokens, the_current_token, the_grant_id };

#define lastTick 2
#define lastToken 2
#define made 5          /* at most one more of each server */
#define none 7
#define foreign 8

mtype reads;
/* The grant: RefreshState in src/domain/challenges/grant.ts. */
byte current, previous = none, rotatedAt;
bool isRevoked;

byte now, newest;
byte held, offered;       /* by Alice; in the last response to her, which may be lost */
byte stolen = none;       /* by Mallory */
/* What was first answered to a token, and when. */
byte successor[made] = none, usedAt[made];
bool isReused;

byte idle = servers;
chan refresh[doors] = [0] of { mtype, byte };

inline answerTokens(given) {
  isAnswered = true; answers(given);
  says("Server %d answers %e with tokens, and refresh token %d.", _pid + 1, who, given);
  if :: who == alice && successor[0] != none && shown == offered -> falls(finishes) :: else fi;
  if
  :: successor[shown] == none -> successor[shown] = given; usedAt[shown] = now
  :: successor[shown] != none && successor[shown] != given -> falls(once)
  :: else
  fi;
  if
  :: who == mallory && reads == used_tokens && (arrivedAt > usedAt[shown] || limit(within_grace)) -> falls(mine_former)
  :: else
  fi;
  if :: isAfterReuse -> falls(ended_reuse) :: else fi;
  if :: who == alice -> offered = given :: else -> stolen = given fi
}

/* The conditional update: a fresh token, and the shown one as the previous. */
inline rotate() {
  newest++;
  current = newest; previous = shown; rotatedAt = now;
  answerTokens(newest)
}

/* Neither the current token nor one that may be repeated: the login ends. Source: RFC 9700 §4.14.2. */
inline endLogin() {
  if
  :: !without(pkce_refresh_reuse) ->
     says("Server %d sees that the token was replaced before, and revokes the grant.", _pid + 1);
     isRevoked = true;
     if :: shown == foreign || (shown == previous && now == rotatedAt) -> falls(kept) :: else fi
  :: else
  fi;
  if :: shown != foreign && arrivedAt > usedAt[shown] -> isReused = true :: else fi
}

/* POST /token: RefreshFlow. */
active [servers] proctype Server() {
  mtype who;
  byte shown, arrivedAt;
  bool isAfterReuse, matches, isAnswered;
end:
  do
  :: atomic { refresh[door] ? who, shown ->
       idle--;
       takes; arrivedAt = now; isAfterReuse = isReused;
       if
       :: shown == foreign -> says("Server %d gets a made-up refresh token from %e.", _pid + 1, who)
       :: else -> says("Server %d gets refresh token %d from %e.", _pid + 1, shown, who)
       fi }
     d_step {                       /* rotateCurrent: one findOneAndUpdate with the whole predicate */
       matches = shown == current && !isRevoked;
       if
       :: matches && without(pkce_refresh_rotation) -> answerTokens(shown)
       :: matches && !without(pkce_refresh_rotation) && !fault(rotates_in_two_steps) -> rotate()
       :: else
       fi
     }
     if :: matches && !isAnswered -> d_step { rotate() } :: else fi;
     d_step {                       /* explain */
       if
       :: isAnswered || shown == current -> skip
       :: shown == foreign && !fault(any_family) -> skip
       :: shown == previous && (now == rotatedAt || fault(previous_forever)) && !fault(no_grace) ->
          if
          :: !isRevoked && !fault(retry_rotates) -> answerTokens(current)
          :: !isRevoked && fault(retry_rotates) -> rotate()
          :: else
          fi
       :: else -> endLogin()
       fi;
       if :: !isAnswered -> answers(refused); says("Server %d refuses %e.", _pid + 1, who) :: else fi;
       who = 0; shown = 0; arrivedAt = 0; isAfterReuse = false; matches = false; isAnswered = false;
       idle++
     }
  od
}

/* A replay of a trace takes the place of what follows. */

/* A protected resource: AccessTokens.verify. Source: RFC 7009 §2.1. */
active proctype Resource() {
end:
  d_step {
    isReused && (without(both_revoked_grant) || !isRevoked) ->
    says("A resource accepts a token of the login.");
    falls(ended_reuse)
  }
}

/* Alice's application. It repeats a request whose response did not come. */
active proctype Alice() {
end:
  do
  :: atomic { idle > 0 && reads != 0 && newest < lastToken -> refresh[0] ! alice, held }
  :: held != offered -> held = offered
  od
}

active proctype Mallory() {
  byte shown;
  if :: reads = used_tokens :: reads = the_current_token :: reads = the_grant_id fi;
end:
  do
  :: atomic { stolen == none && reads == the_current_token -> stolen = held;
       says("Mallory steals refresh token %d, which Alice would use next.", stolen) }
  :: atomic { idle > 0 && newest < lastToken && reads == the_current_token && stolen != none -> refresh[0] ! mallory, stolen }
  :: atomic { idle > 0 && newest < lastToken && reads == used_tokens ->
       if :: shown = 0 :: shown = 1 fi;
       successor[shown] != none;
       says("Mallory reads refresh token %d in a log.", shown);
       refresh[0] ! mallory, shown; shown = 0 }
  :: atomic { idle > 0 && newest < lastToken && reads == the_grant_id -> refresh[0] ! mallory, foreign }
  od
}

active proctype Clock() {
end:
  do
  :: d_step { successor[0] != none && now < lastTick -> now++; says("More than the grace period passes.") }
  od
}
