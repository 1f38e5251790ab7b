import type { Authority } from '@/contract/catalogue';
import type { PluginVersion } from '@/contract/plugins';

/** Whether registrations let new runs begin, were this authority the one that counts; `null`: every one has to hold. */
function isRegistered({ registrations }: PluginVersion, authority: Authority | null): boolean {
  if (registrations.length === 0) {
    return true;
  }
  return authority === null ? registrations.every(({ holds }) => holds) : registrations.some((one) => one.authority === authority && one.holds);
}

/** What another authority would change. */
export interface Turned {
  /** No new run would begin with them any more. */
  stopped: PluginVersion[];
  /** No registration would stand against them any more. */
  freed: PluginVersion[];
}

/** The versions whose registrations are judged otherwise under another authority. */
export function turnedBy(versions: readonly PluginVersion[], from: Authority | null, to: Authority | null): Turned {
  const turned = versions.filter((one) => isRegistered(one, from) !== isRegistered(one, to));
  return { stopped: turned.filter((one) => isRegistered(one, from)), freed: turned.filter((one) => isRegistered(one, to)) };
}

/** SHA-256 of a text in hexadecimal digits; `null`: the page came without encryption, and the browser computes none. */
export async function fingerprintOf(text: string): Promise<string | null> {
  if (!isSecureContext) {
    return null;
  }
  const digest = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(text));
  return [...new Uint8Array(digest)].map((byte) => byte.toString(16).padStart(2, '0')).join('');
}
