import type { PluginVersion } from '@/contract/plugins';
import { publishersFile, type PublisherKey, type PublisherLine } from '@/contract/publisherKeys';

/** A version that a key signed, and whether it runs here. */
export interface Signed {
  plugin: PluginVersion;
  isEnabled: boolean;
}

/** What a key signed of all that the hospital knows, what runs first. */
export function signedBy(keyid: string, versions: readonly PluginVersion[]): Signed[] {
  return versions
    .filter(({ publisher }) => publisher?.keyid === keyid)
    .map((plugin) => ({ plugin, isEnabled: plugin.installations.some(({ state }) => state === 'enabled') }))
    .sort((one, other) => Number(other.isEnabled) - Number(one.isEnabled));
}

/** The entry of `publishers.json` for a key. */
export const lineOf = ({ keyid, public: key, publisher, prefixes, state, reason }: PublisherKey): PublisherLine => ({ keyid, public: key, publisher, prefixes, state, reason });

/** What a person says of a key when only its state changes: the names that a person gave it stay, however a catalogue limits them. */
export const saidByHand = (key: PublisherKey): PublisherLine => ({ ...lineOf(key), prefixes: (key.by_hand ?? key.by_catalogue ?? key).prefixes });

/** Whether a catalogue says less of a key than that it holds: a person's word does not undo that. */
export const isLimited = ({ by_catalogue: said }: PublisherKey): boolean => said !== null && said.state !== 'active';

/** The public part of a key as others take it in: the form that `allward plugin key show` prints. */
export const publicPart = (key: PublisherKey): string => `${JSON.stringify([lineOf(key)], null, 2)}\n`;

/** A file name for the public part. */
export const fileName = ({ publisher, keyid }: PublisherKey): string => {
  const name = publisher.toLowerCase().replace(/[^a-z0-9]+/g, '-').replace(/^-|-$/g, '');
  return `${name === '' ? 'publisher' : name}-${keyid.slice(0, 8)}.json`;
};

/** What taking a line in would do. */
export type Change = 'new' | 'same' | 'changed' | 'own';
export interface Proposed {
  line: PublisherLine;
  change: Change;
}

const isSame = (one: PublisherLine, other: PublisherLine): boolean =>
  one.publisher === other.publisher && one.state === other.state && one.reason === other.reason && [...one.prefixes].sort().join() === [...other.prefixes].sort().join();

/** What a person said of a key so far, against which a new word is held. */
const saidOf = (held: PublisherKey): PublisherLine => ({ ...lineOf(held), ...held.by_hand });

function changeOf(line: PublisherLine, known: readonly PublisherKey[]): Change {
  const held = known.find(({ keyid }) => keyid === line.keyid);
  if (held === undefined) {
    return 'new';
  }
  if (held.own) {
    return 'own';
  }
  return isSame(line, saidOf(held)) ? 'same' : 'changed';
}

/** The keys in a pasted text, each with what taking it in would do; `null`: it lists none. */
export function proposedBy(text: string, known: readonly PublisherKey[]): Proposed[] | null {
  try {
    const parsed = publishersFile.safeParse(JSON.parse(text));
    return parsed.success ? parsed.data.map((line) => ({ line, change: changeOf(line, known) })) : null;
  } catch {
    return null;
  }
}

/** What is left to be told to the server: what changes nothing, and the hospital's own key, stay at home. */
export const toSay = (proposed: readonly Proposed[]): PublisherLine[] => proposed.filter(({ change }) => change === 'new' || change === 'changed').map(({ line }) => line);

/** A key id in groups of eight, to be read over the telephone. */
export const inGroups = (keyid: string): string => keyid.match(/.{1,8}/g)?.join(' ') ?? keyid;
