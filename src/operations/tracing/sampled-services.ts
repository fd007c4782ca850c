import { types } from 'node:util';

/** Stands in for a service at one request. */
export type StandIn = <Service extends object>(service: Service) => Service;

/**
 * Says on whose behalf a store is called. A request that is sampled is answered by stand-ins of the services: they run the
 * services' own methods, and end in stand-ins of the stores, which know the request. The others are not touched, which is
 * what makes sampling cheap: an AsyncLocalStorage follows every promise of the process as soon as one request is sampled,
 * before Node.js 24 for 4 % of a login's CPU at 1 %. Only what a service reaches by its fields is stood in for: what its
 * constructor closes over is not, and tells of nobody. What a request leaves behind in a service keeps its stand-ins.
 */
export class SampledServices<Caller> {
  private callersFound: ReadonlySet<object> | undefined;
  private calling: Caller | undefined;

  /** `roots`: the services that requests come in at, once they are made; `stores`: those whose calls are to be told apart. */
  constructor(
    private readonly roots: () => readonly object[],
    private readonly stores: ReadonlySet<object>,
  ) {}

  /** Who calls a store, to be asked as a call begins; undefined: none that is sampled. */
  get caller(): Caller | undefined {
    return this.calling;
  }

  standInsFor(caller: Caller): StandIn {
    const made = new Map<object, object>();
    const standIn: StandIn = (service) => {
      const known = made.get(service);
      if (known !== undefined) return known as typeof service;
      const stands = this.stores.has(service) ? this.storeFor(caller, service) : this.serviceFor(service, standIn);
      made.set(service, stands);
      return stands as typeof service;
    };
    return standIn;
  }

  private storeFor(caller: Caller, store: object): object {
    return new Proxy(store, {
      get: (target, name) => {
        const value: unknown = Reflect.get(target, name);
        if (typeof value !== 'function') return value;
        return (...given: readonly unknown[]): unknown => {
          this.calling = caller;
          try {
            return Reflect.apply(value, target, given);
          } finally {
            this.calling = undefined;
          }
        };
      },
    });
  }

  /** Its methods have the stand-in as `this`; what they change is changed in the service. */
  private serviceFor(service: object, standIn: StandIn): object {
    return new Proxy(service, {
      get: (target, name) => {
        const field: unknown = Reflect.get(target, name);
        return isObject(field) && this.callers.has(field) ? standIn(field) : field;
      },
      set: (target, name, field) => Reflect.set(target, name, field),
    });
  }

  /** The stores, and all that reaches one of them. */
  private get callers(): ReadonlySet<object> {
    this.callersFound ??= reaching(this.stores, this.roots());
    return this.callersFound;
  }
}

/** The targets, and what reaches one of them from the roots, by fields and elements of arrays. */
function reaching(targets: ReadonlySet<object>, roots: readonly object[]): ReadonlySet<object> {
  const holders = new Map<object, object[]>();
  const open = [...roots];
  for (let holder = open.pop(); holder !== undefined; holder = open.pop()) {
    for (const held of Object.values(holder)) {
      if (!isObject(held) || isNative(held)) continue;
      const known = holders.get(held);
      if (known !== undefined) {
        known.push(holder);
        continue;
      }
      holders.set(held, [holder]);
      if (!targets.has(held)) open.push(held);
    }
  }
  const found = new Set(targets);
  // What is added on the way is visited too. Source: ECMA-262, section Set.prototype[Symbol.iterator].
  for (const held of found) for (const holder of holders.get(held) ?? []) found.add(holder);
  return found;
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}

/** Whose methods refuse to run on a stand-in. */
function isNative(value: object): boolean {
  return types.isMap(value) || types.isSet(value) || types.isPromise(value) || ArrayBuffer.isView(value);
}
