/*
 * Requests with an access token that is bound to Alice's key, at two servers on one store. Source: RFC 9449 §4.3, §7.1, §11.1;
 * src/domain/tokens/dpop-proofs.ts. A proof is valid for its time, and its `jti` is kept for as long.
 */
#include "model.pml"

property(once);      /* A proof serves one request. */
property(mine);      /* Who reads answered requests, token and proof included, is served nothing. */
property(finishes);  /* Alice is served. */

mtype = { alice, mallory };
mtype = { no_proof, the_proof_of_alice, a_proof_of_mallory };

#define expiresAt 2

byte now;
bool isUsed;              /* the jti of Alice's proof is in the store */
bool isSent, isAnswered;  /* Alice's request, which Mallory reads */
bool isServed;

byte idle = servers;
chan resource[doors] = [0] of { mtype, mtype };

/* A protected resource: DpopProofs.prove. */
active [servers] proctype Server() {
  mtype who, proof;
  bool isAccepted;
end:
  do
  :: atomic { resource[door] ? who, proof ->
       idle--; takes;
       says("Server %d gets a request of %e with the token and %e.", _pid + 1, who, proof) }
     isAccepted = (proof != no_proof || fault(proof_optional)) && now < expiresAt &&
       (without(pkce_dpop_key) || proof != a_proof_of_mallory);          /* RFC 9449 §4.3 (12), jkt */
     d_step {                       /* challenges.save: the jti is part of the primary key. RFC 9449 §11.1 */
       if
       :: isAccepted && proof == the_proof_of_alice && !without(pkce_dpop_proof_once) ->
          isAccepted = !isUsed;
          if :: !fault(looks_and_saves) -> isUsed = true :: else fi
       :: else
       fi
     }
     if :: fault(looks_and_saves) && isAccepted && proof == the_proof_of_alice -> isUsed = true :: else fi;
     d_step {
       if
       :: isAccepted ->
          answers(tokens); says("Server %d serves %e.", _pid + 1, who);
          if :: isServed && proof == the_proof_of_alice -> falls(once) :: else fi;
          if :: who == mallory -> falls(mine) :: else -> falls(finishes) fi;
          isServed = isServed || proof == the_proof_of_alice
       :: else -> answers(refused); says("Server %d refuses %e.", _pid + 1, who)
       fi;
       isAnswered = isAnswered || who == alice;
       who = 0; proof = 0; isAccepted = false;
       idle++
     }
  od
}

/* A replay of a trace takes the place of what follows. */

/* Alice's application. The network may repeat her request. */
active proctype Alice() {
  isSent = true;
end:
  do
  :: atomic { idle > 0 -> resource[0] ! alice, the_proof_of_alice }
  od
}

active proctype Mallory() {
  mtype proof;
end:
  do
  :: atomic { idle > 0 && (isAnswered || (isSent && limit(reads_on_the_way))) ->
       if :: proof = no_proof :: proof = the_proof_of_alice :: proof = a_proof_of_mallory fi;
       says("Mallory reads the request of Alice.");
       resource[0] ! mallory, proof; proof = 0 }
  od
}

active proctype Clock() {
end:
  do
  :: d_step { isSent && now < expiresAt -> now++;
       if :: now == expiresAt -> says("The proof expires.") :: else -> says("Some time passes.") fi }
  :: d_step { fault(forgets_too_early) && isUsed && now > 0 -> isUsed = false; says("The store forgets the proof.") }
  od
}
