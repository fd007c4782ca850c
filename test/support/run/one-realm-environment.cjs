const { appendFileSync, readFileSync } = require('node:fs');
const { join } = require('node:path');
const { setTimeout: delay } = require('node:timers/promises');
const { ModuleMocker } = require('jest-mock');
const { awaitsInstallation } = require('./installed.cjs');
const { reuseRsaKeys } = require('./rsa-keys.cjs');

/**
 * Runs a suite among the worker's own globals instead of in a `vm` context: packages then load once a worker, natively,
 * and no access to a global goes through an interceptor. What a suite leaves there is undone at its end.
 */
module.exports = class OneRealmEnvironment {
  global = globalThis;
  moduleMocker = new ModuleMocker(globalThis);
  #globals = ownProperties(globalThis);
  #process = ownProperties(process);
  #env = { ...process.env };
  #listeners = listenersOf(process);
  #endReuse = reuseRsaKeys();
  #cpuBefore = cpuMs();
  #project;
  #suite;

  constructor({ projectConfig }, { testPath }) {
    this.#project = projectConfig;
    this.#suite = testPath;
  }

  exportConditions() {
    return ['node', 'node-addons'];
  }

  // jest asks for one before it compiles; native-packages-runtime.cjs compiles without.
  getVmContext() {
    return this.global;
  }

  async setup() {
    while (awaitsInstallation(this.#project)) await delay(200);
  }

  async teardown() {
    this.#endReuse();
    const { TEST_REPORTS: directory } = process.env;
    if (directory !== undefined) {
      const line = JSON.stringify({ suite: this.#suite, cpuMs: cpuMs() - this.#cpuBefore });
      appendFileSync(join(directory, 'cpu'), `${line}\n`);
    }
    restore(globalThis, this.#globals);
    restore(process, this.#process);
    for (const name of Object.keys(process.env)) if (!(name in this.#env)) delete process.env[name];
    Object.assign(process.env, this.#env);
    for (const [event, listeners] of listenersOf(process)) {
      const before = this.#listeners.get(event) ?? [];
      for (const listener of listeners) if (!before.includes(listener)) process.off(event, listener);
    }
  }
};

/**
 * What an emitter counts its listeners by. A count that is put back without them reaches zero while there are listeners,
 * which drops them all: a worker that is deaf to jest never ends its run.
 */
const ofEmitter = new Set(['_events', '_eventsCount', '_maxListeners']);

/** Of this process and of its children that have ended, in ticks of 10 ms. Source: proc(5), /proc/pid/stat. */
function cpuMs() {
  const fields = readFileSync('/proc/self/stat', 'utf8').split(') ')[1].split(' ');
  return fields.slice(11, 15).reduce((sum, ticks) => sum + Number(ticks) * 10, 0);
}

function ownProperties(object) {
  const names = Reflect.ownKeys(object).filter((key) => !ofEmitter.has(key));
  return new Map(names.map((key) => [key, Reflect.getOwnPropertyDescriptor(object, key)]));
}

function listenersOf(emitter) {
  return new Map(emitter.eventNames().map((event) => [event, emitter.rawListeners(event)]));
}

/** But for what may be neither removed nor redefined. */
function restore(object, properties) {
  for (const key of Reflect.ownKeys(object)) {
    if (!properties.has(key) && !ofEmitter.has(key)) Reflect.deleteProperty(object, key);
  }
  for (const [key, descriptor] of properties) {
    const now = Reflect.getOwnPropertyDescriptor(object, key);
    if (now?.value !== descriptor.value || now?.get !== descriptor.get) Reflect.defineProperty(object, key, descriptor);
  }
}
