/* What all models share: how they name checks, faults, properties and the steps of a story. Read by proof/spin.ts. */

/* A property. `falls` is a state that it forbids; `finishes` is the one state that there must be. */
#define property(name) bool name
#define falls(name) assert(name)

/* One step of the story that a trail tells. */
#define says(...) printf(__VA_ARGS__); printf("\n")

/*
 * A replay of a trace (proof/traces.ts) takes the place of all but the servers, of which there are -DREPLAYED. Each has a door of
 * its own, and notes which request it takes and how it answers. No property is asked for but that the trace is made.
 */
#define refused 100
#define tokens 101
#ifdef REPLAYED
#define servers REPLAYED
#define doors servers
#define door _pid
#undef falls
#define falls(name) skip
#define takes request[_pid] = taken
#define answers(how) answer[request[_pid]] = how
byte taken, request[servers], answer[16];
#else
#define servers 2
#define doors 1
#define door 0
#define takes skip
#define answers(how) skip
#endif

/* 1 under -DWITHOUT_<check>, -DFAULT_<name> or -DLIMIT_<name>, and 0 otherwise. */
#define without(check) isOne(WITHOUT_##check)
#define fault(name) isOne(FAULT_##name)
#define limit(name) isOne(LIMIT_##name)
#define isOne(flag) isOne_(flag)
#define isOne_(flag) second(comma_##flag 1, 0)
#define comma_1 0,
#define second(...) second_(__VA_ARGS__, 0)
#define second_(first, other, ...) other
