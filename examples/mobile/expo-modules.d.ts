/** As much of Expo's modules as expo-phone.ts uses, for this repository, where they are not installed. */
declare module 'expo-secure-store' {
  export interface SecureStoreOptions {
    readonly keychainAccessible?: number;
  }
  export const WHEN_UNLOCKED_THIS_DEVICE_ONLY: number;
  export function getItemAsync(key: string, options?: SecureStoreOptions): Promise<string | null>;
  export function setItemAsync(key: string, value: string, options?: SecureStoreOptions): Promise<void>;
  export function deleteItemAsync(key: string, options?: SecureStoreOptions): Promise<void>;
}

declare module 'expo-web-browser' {
  export type WebBrowserAuthSessionResult =
    | { readonly type: 'success'; readonly url: string }
    | { readonly type: 'cancel' | 'dismiss' | 'opened' | 'locked' };
  export function openAuthSessionAsync(url: string, redirectUrl?: string | null): Promise<WebBrowserAuthSessionResult>;
}

declare module 'react-native-quick-crypto' {
  export const subtle: SubtleCrypto;
  export const getRandomValues: Crypto['getRandomValues'];
}
