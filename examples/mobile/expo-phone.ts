import * as SecureStore from 'expo-secure-store';
import * as WebBrowser from 'expo-web-browser';
import * as QuickCrypto from 'react-native-quick-crypto';
import type { WebCrypto } from '@tessera/client';
import { secureStorage } from '@tessera/client/secure-storage';
import type { Phone } from './session.ts';

/** A phone under Expo. */
export const expoPhone: Phone = {
  // Read while the phone is unlocked, and never moved to another one by a backup.
  secrets: secureStorage(SecureStore, { keychainAccessible: SecureStore.WHEN_UNLOCKED_THIS_DEVICE_ONLY }),
  // It has both parts of WebCrypto, under types of its own.
  crypto: QuickCrypto as unknown as WebCrypto,
  async browse(url, redirectUri) {
    const result = await WebBrowser.openAuthSessionAsync(url, redirectUri);
    return result.type === 'success' ? result.url : undefined;
  },
};
