declare class OneRealmEnvironment {
  constructor(config: { readonly projectConfig: object }, context: { readonly testPath: string });
  teardown(): Promise<void>;
}
export = OneRealmEnvironment;
