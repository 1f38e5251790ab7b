import { localised, z } from './localised';

/** What a hospital believes of a key: it holds; it signs nothing new; nothing of it holds. */
export const KEY_STATES = ['active', 'rotated', 'revoked'] as const;
export type KeyState = (typeof KEY_STATES)[number];

const hexadecimal = z.string().regex(/^[0-9a-f]{64}$/);

/** A publisher's key as it stands in `publishers.json`, or as `allward plugin key show` prints it. */
export const publisherLine = z.object({
  keyid: hexadecimal,
  public: hexadecimal,
  publisher: z.string().min(1),
  /** Beginnings of the plug-in ids that it may sign, each with a full stop at its end. */
  prefixes: z.array(z.string().min(2)).min(1),
  state: z.enum(KEY_STATES).default('active'),
  reason: z.string().default(''),
});
export type PublisherLine = z.infer<typeof publisherLine>;

/** What somebody pastes: a list of keys, or a single one. */
export const publishersFile = z.union([z.array(publisherLine).min(1), publisherLine.transform((one) => [one])]);

/** What one of those who speak of a key says. */
const wordOnKey = z.object({
  publisher: z.string(),
  prefixes: z.array(z.string()),
  state: z.enum(KEY_STATES),
  reason: z.string(),
});
export type WordOnKey = z.infer<typeof wordOnKey>;

/** A key with what the hospital believes of it: where a person and a catalogue both speak, what limits it more. */
export const publisherKey = z.object({
  keyid: hexadecimal,
  /** The Ed25519 public key. */
  public: hexadecimal,
  publisher: z.string(),
  prefixes: z.array(z.string()),
  state: z.enum(KEY_STATES),
  /** Why it is no longer active. */
  reason: z.string(),
  /** The hospital's own. */
  own: z.boolean(),
  /** What a person of the hospital decided; `null`: nobody has. */
  by_hand: wordOnKey.nullable(),
  /** What a catalogue said last; `null`: none has spoken of it. */
  by_catalogue: wordOnKey.nullable(),
  /** How the two differ, and what holds; `null`: they agree. */
  conflict: localised.nullable(),
  added_at: z.iso.datetime({ offset: true }),
  added_by: z.string(),
});
export type PublisherKey = z.infer<typeof publisherKey>;

export const publisherKeys = z.object({ keys: z.array(publisherKey) });
