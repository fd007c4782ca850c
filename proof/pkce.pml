/*
 * One login by OAuth 2.0 with PKCE: an authorization request, its code, and the requests that redeem it at two servers on
 * one store. Source: RFC 6749 §4.1, RFC 7636 §4, RFC 9700 §2.1.1; src/protocols/oauth/authorize.flow.ts, redeem-code.flow.ts. The
 * code is deleted in one step, and its grant written in another, as on MongoDB; on LMDB nobody comes between.
 *
 * Hashes are symbols: who has one cannot get at what was hashed. Nobody guesses a code or a verifier. One tick of the clock is
 * longer than the two seconds in which a repeat counts as a duplicate (isReplay in src/domain/challenges/grant.ts). A request
 * is held against the clock as of its arrival: a later reading could only refuse more.
 */
#include "model.pml"

property(once);           /* A code becomes at most one grant. */
property(mine_redirect);  /* Who reads the browser's requests and redirects gets no tokens. */
property(mine_store);     /* Who reads the record of the code gets no tokens. */
property(mine_link);      /* Who has Alice's browser open a link gets no tokens. */
property(mine_request);   /* Who reads the token request gets no tokens for another client or another redirect URI. */
property(kept);           /* Without the verifier nobody uses the code up or ends its login; with it no duplicate ends it. */
property(ended_expired);  /* A request that comes after the code has expired gets no tokens. */
property(ended_replay);   /* Once a late replay with the verifier was answered, no token of the login is accepted. */
property(finishes);       /* Alice's application can get tokens. */

mtype = { alice, mallory };
mtype = { the_application, an_application_of_mallory };
mtype = { the_callback, another_callback, a_page_of_mallory };
mtype = { no_verifier, the_verifier, a_verifier_of_mallory, the_code_challenge, the_hash_of_mallory, the_hash_of_nothing, hash };
mtype = { the_code, the_hash_of_the_code, no_code };
/* What Mallory reads: the browser's requests and redirects, a copy of the store, the token requests; or she has a link opened. */
mtype = { redirects, the_store, token_requests, only_her_link };

#define expiresAt 2
#define S256(v) (v == the_verifier -> the_code_challenge : (v == a_verifier_of_mallory -> the_hash_of_mallory : \
                (v == no_verifier -> the_hash_of_nothing : hash)))
/* hashSecret in secret.ts; RFC 6819 §5.1.4.1.3. */
#define idOf(c) (without(pkce_code_hashed) -> c : (c == the_code -> the_hash_of_the_code : no_code))
#define isLate (arrivedAt > begunAt)   /* once there is a grant */

mtype reads;
/* The authorization request. */
mtype committedTo, sentTo = the_callback;
bool isPlain;
/* The record of the code, in src/domain/challenges/challenge.ts; its client is the_application. */
bool isStored;
mtype codeChallenge;
/* The grant, in src/domain/challenges/grant.ts. */
bool isBegun, isRevoked;
byte begunAt;

byte now;
bool codeIsOut, tokenRequestIsOut;
byte answered;            /* requests that got tokens */
bool isReplayed;          /* a late replay with the verifier was answered */

byte idle = servers;      /* those that wait for a request */
chan token[doors] = [0] of { mtype, mtype, mtype, mtype, mtype };

/* GET /authorize: checkAuthorizationRequest, then AuthorizeFlow.issueCode. */
inline authorize() {
  d_step {
    codeChallenge = S256(committedTo);
    isStored = (without(pkce_challenge_required) || committedTo != no_verifier) &&   /* RFC 9700 §2.1.1 */
      (without(pkce_method_s256) || !isPlain) &&                                     /* RFC 7636 §4.2 */
      (without(pkce_redirect_uri_registered) || sentTo != a_page_of_mallory);        /* RFC 9700 §2.1 */
    codeIsOut = isStored;
    if :: isStored -> says("Alice is logged in: the service stores a code, and sends it to %e.", sentTo)
       :: else -> says("The service refuses the authorization request.") fi
  }
}

inline delete() {
  isStored = without(pkce_code_single_use);
  if :: who == mallory && (reads == redirects || reads == the_store) -> falls(kept) :: else fi
}

inline answerTokens() {
  answers(tokens); says("Server %d answers %e with tokens.", _pid + 1, who);
  answered = (answered < 2 -> answered + 1 : 2);
  if :: answered > 1 -> falls(once) :: else fi;
  if :: arrivedAt >= expiresAt -> falls(ended_expired) :: else fi;
  if
  :: who == mallory && reads == redirects -> falls(mine_redirect)
  :: who == mallory && reads == the_store -> falls(mine_store)
  :: who == mallory && reads == only_her_link -> falls(mine_link)
  :: reads == token_requests && !(client == the_application && uri == sentTo) -> falls(mine_request)
  :: else
  fi;
  if :: who == alice -> falls(finishes) :: else fi
}

/* refuse, refuseRedeemed. A code that is still there is refused by its first wrong field, or as used, and nothing ends. */
inline refuse() {
  if
  :: !isStored && isBegun && client == the_application && !without(pkce_replay_revokes) &&
     (isProven || fault(replay_without_proof)) && (isLate || fault(duplicate_revokes)) ->   /* RFC 6749 §4.1.2 */
     says("Server %d takes the request of %e for a replay, and revokes the grant.", _pid + 1, who);
     isRevoked = true;
     if :: !(isProven && isLate) -> falls(kept) :: else fi
  :: else
  fi;
  answers(refused); says("Server %d refuses %e.", _pid + 1, who);
  if :: isBegun && client == the_application && isProven && isLate -> isReplayed = true :: else fi
}

/* POST /token: RedeemCodeFlow. */
active [servers] proctype Server() {
  mtype who, client, uri, verifier, code;
  byte arrivedAt;
  bool isProven, found;
end:
  do
  :: atomic { token[door] ? who, client, uri, verifier, code ->
       idle--;
       takes; arrivedAt = now;
       says("Server %d gets a token request of %e: %e with %e, for %e and %e.", _pid + 1, who, code, verifier, client, uri) }
     d_step {                       /* redeem: one findOneAndDelete with the whole predicate */
       isProven = S256(verifier) == codeChallenge;
       found = isStored && idOf(code) == idOf(the_code) &&
         (without(pkce_verifier) || isProven || fault(delete_before_verify) ||                   /* RFC 7636 §4.6 */
           (fault(compares_the_hash_itself) && verifier == codeChallenge)) &&
         (without(pkce_code_expiry) || arrivedAt < expiresAt + fault(expires_a_tick_late)) &&    /* RFC 6749 §4.1.2 */
         (without(pkce_code_client) || client == the_application) &&                             /* RFC 6749 §4.1.3 */
         (without(pkce_code_redirect_uri) || uri == sentTo);                                     /* RFC 6749 §4.1.3 */
       if :: found -> says("Server %d finds the code for %e.", _pid + 1, who) :: else fi;
       if :: found && !isBegun -> begunAt = now :: else fi;
       if :: found && !without(pkce_code_atomic) -> delete() :: else fi;
       uri = (found -> uri : 0); verifier = 0; code = 0
     }
     if :: without(pkce_code_atomic) && found -> d_step { delete() } :: else fi;
     d_step {                       /* beginSince: the id of the grant is derived from the code's, and is the primary key */
       if
       :: found && (!isBegun || without(both_one_grant)) && !(fault(delete_before_verify) && !isProven) ->
          isBegun = true; answerTokens()
       :: else -> refuse()
       fi;
       who = 0; client = 0; uri = 0; arrivedAt = 0; isProven = false; found = false;
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

#define asks(reading, text) reads = reading; committedTo = text

/* Alice's browser, where she is logged in, and her application. A request without an answer is sent again. */
active proctype Alice() {
  if
  :: atomic { committedTo = the_verifier; if :: reads = redirects :: reads = the_store :: reads = token_requests fi;
       says("Alice's application asks for a code, with the hash of %e.", committedTo) }
  :: d_step { asks(redirects, the_verifier); isPlain = true;
       says("Alice's application asks for a code, with code_challenge_method=plain and %e itself.", committedTo) }
  :: d_step { asks(redirects, no_verifier); says("Alice's application asks for a code, without a code_challenge.") }
  :: d_step { asks(only_her_link, a_verifier_of_mallory); sentTo = a_page_of_mallory;
       says("Alice opens a link to an authorization request with the hash of %e, for %e.", committedTo, sentTo) }
  :: limit(chosen_challenge) -> d_step { asks(only_her_link, a_verifier_of_mallory);
       says("Alice opens a link to an authorization request with the hash of %e, for %e.", committedTo, sentTo) }
  fi;
  authorize();
  codeIsOut && reads != only_her_link;
  tokenRequestIsOut = true;
end:
  do :: atomic { idle > 0 -> token[0] ! alice, the_application, the_callback, committedTo, the_code } od
}

/* Who has what she reads, and a verifier and an application of her own. */
active proctype Mallory() {
  mtype client = the_application, uri = the_callback, verifier;
end:
  do
  :: atomic { idle > 0 && codeIsOut ->
       if
       :: reads == redirects -> says("Mallory reads the redirect with the code.");
          if :: verifier = no_verifier :: verifier = a_verifier_of_mallory :: verifier = codeChallenge
             :: isPlain -> verifier = the_verifier fi
       :: reads == the_store -> says("Mallory reads the record of the code."); verifier = codeChallenge
       :: reads == token_requests && tokenRequestIsOut -> says("Mallory reads the token request."); verifier = the_verifier;
          if :: uri = another_callback :: skip fi
       :: reads == only_her_link -> says("Mallory gets the code."); verifier = a_verifier_of_mallory; uri = sentTo
       fi;
       if :: client = an_application_of_mallory :: skip fi;
       token[0] ! mallory, client, uri, verifier, (reads == the_store -> idOf(the_code) : the_code);
       client = the_application; uri = the_callback; verifier = 0 }
  od
}

active proctype Clock() {
end:
  do :: d_step { codeIsOut && now < expiresAt -> now++;
       if :: now == expiresAt -> says("The code expires.") :: else -> says("Some seconds pass.") fi } od
}
