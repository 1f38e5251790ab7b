import { RefusedError } from '@/api/failures';
import type { ArchiveOrder, Method, SourceArchive } from '@/contract/archives';
import type { Localised } from '@/contract/localised';

const BITS_PER_MEGABIT = 1_000_000;
const LEAST_MEGABITS = 0.064;
const MOST_PORT = 65_535;
const MOST_TITLE = 16;
const MOST_ASSOCIATIONS = 8;
const TITLE = /^[\x20-\x5b\x5d-\x7e]+$/;
const CLOCK = /^([01]\d|2[0-3]):[0-5]\d$/;

/** An archive as it stands in the form. Numbers that are not written are empty texts. */
export interface Draft {
  name: string;
  method: Method;
  host: string;
  port: number | '';
  called_ae_title: string;
  calling_ae_title: string;
  move_destination: string;
  base_url: string;
  username: string;
  /** Empty: the one that is kept stays. */
  secret: string;
  fallback_charset: string;
  issuer_of_patient_id: string;
  hasWindow: boolean;
  days: number[];
  opens: string;
  closes: string;
  time_zone: string;
  /** In Mbit/s; empty: no cap. */
  cap: number | '';
  max_associations: number | '';
  enabled: boolean;
}
export type Field = keyof Draft;

export type Fault = 'needed' | 'title' | 'port' | 'url' | 'days' | 'clock' | 'zone' | 'cap' | 'associations';
export type Faults = Partial<Record<Field, Fault>>;

const EVERY_DAY = [1, 2, 3, 4, 5, 6, 7];

const UNWRITTEN: Omit<Draft, 'hasWindow' | 'time_zone'> = {
  name: '',
  method: 'c_move',
  host: '',
  port: 104,
  called_ae_title: '',
  calling_ae_title: '',
  move_destination: '',
  base_url: '',
  username: '',
  secret: '',
  fallback_charset: 'GB18030',
  issuer_of_patient_id: '',
  days: EVERY_DAY,
  opens: '22:00',
  closes: '06:00',
  cap: '',
  max_associations: 1,
  enabled: true,
};

/** What the form begins with: an archive as it is, or a new one that is asked at night by the clock of `zone`. */
export function draftOf(archive: SourceArchive | null, zone: string): Draft {
  const begun = { ...UNWRITTEN, hasWindow: true, time_zone: zone };
  if (archive === null) {
    return begun;
  }
  const { window, bits_per_s: cap } = archive;
  return {
    ...begun,
    ...window,
    hasWindow: window !== null,
    cap: cap === null ? '' : cap / BITS_PER_MEGABIT,
    name: archive.name,
    method: archive.method,
    host: archive.host,
    port: archive.port,
    called_ae_title: archive.called_ae_title,
    calling_ae_title: archive.calling_ae_title,
    move_destination: archive.move_destination,
    base_url: archive.base_url,
    username: archive.username,
    fallback_charset: archive.fallback_charset,
    issuer_of_patient_id: archive.issuer_of_patient_id,
    max_associations: archive.max_associations,
    enabled: archive.enabled,
  };
}

const isWeb = (draft: Draft): boolean => draft.method === 'wado_rs';

function isAddress(text: string): boolean {
  try {
    const { protocol, hostname } = new URL(text);
    return /^https?:$/.test(protocol) && hostname !== '' && /^[\x21-\x7e]+$/.test(text) && !text.includes('@');
  } catch (failure) {
    if (failure instanceof TypeError) {
      return false;
    }
    throw failure;
  }
}

function isZone(name: string): boolean {
  try {
    return new Intl.DateTimeFormat('en-GB', { timeZone: name }).resolvedOptions().timeZone !== '' && name !== '';
  } catch (failure) {
    if (failure instanceof RangeError) {
      return false;
    }
    throw failure;
  }
}

const isTitle = (text: string): boolean => text.trim() !== '' && text.length <= MOST_TITLE && TITLE.test(text);

function nodeFaults(draft: Draft): Faults {
  const titles = (['called_ae_title', 'calling_ae_title', 'move_destination'] as const).filter((name) => !isTitle(draft[name]) && (name === 'called_ae_title' || draft[name].trim() !== ''));
  return {
    ...(draft.host.trim() === '' ? { host: 'needed' } : {}),
    ...(draft.port === '' || draft.port < 1 || draft.port > MOST_PORT ? { port: 'port' } : {}),
    ...Object.fromEntries(titles.map((name) => [name, 'title'])),
  };
}

function windowFaults({ hasWindow, days, opens, closes, time_zone: zone }: Draft): Faults {
  if (!hasWindow) {
    return {};
  }
  return {
    ...(days.length === 0 ? { days: 'days' } : {}),
    ...(CLOCK.test(opens) ? {} : { opens: 'clock' }),
    ...(CLOCK.test(closes) ? {} : { closes: 'clock' }),
    ...(isZone(zone.trim()) ? {} : { time_zone: 'zone' }),
  };
}

/** What is missing or malformed, by field; the platform holds the same against it. */
export function faultsOf(draft: Draft): Faults {
  const { name, base_url: url, fallback_charset: charset, cap, max_associations: most } = draft;
  return {
    ...(name.trim() === '' ? { name: 'needed' } : {}),
    ...(isWeb(draft) ? (isAddress(url.trim()) ? {} : { base_url: 'url' }) : nodeFaults(draft)),
    ...(charset.trim() === '' ? { fallback_charset: 'needed' } : {}),
    ...windowFaults(draft),
    ...(cap !== '' && cap < LEAST_MEGABITS ? { cap: 'cap' } : {}),
    ...(most === '' || most < 1 || most > MOST_ASSOCIATIONS ? { max_associations: 'associations' } : {}),
  };
}

/** What the server is told. Of the other kind's fields it is told what was there. */
export function orderOf({ hasWindow, days, opens, closes, time_zone: zone, cap, port, max_associations: most, secret, ...draft }: Draft): ArchiveOrder {
  return {
    ...draft,
    name: draft.name.trim(),
    host: draft.host.trim(),
    base_url: draft.base_url.trim(),
    fallback_charset: draft.fallback_charset.trim(),
    port: port === '' ? 104 : port,
    calling_ae_title: draft.calling_ae_title.trim(),
    move_destination: draft.move_destination.trim(),
    max_associations: most === '' ? 1 : most,
    bits_per_s: cap === '' ? null : Math.round(cap * BITS_PER_MEGABIT),
    window: hasWindow ? { days: [...days].sort((one, other) => one - other), opens, closes, time_zone: zone.trim() } : null,
    secret: secret === '' ? null : secret,
  };
}

/** The field that a refusal is about, as its words begin with it; `null`: it is about the whole. */
export function refusedField(failure: unknown, draft: Draft): { field: Field; words: Localised } | null {
  if (!(failure instanceof RefusedError) || failure.detail === null) {
    return null;
  }
  const [, said] = /^(\w+): /.exec(failure.detail.en) ?? [];
  const name = said === 'bits_per_s' ? 'cap' : said;
  const field = (Object.keys(draft) as Field[]).find((one) => one === name);
  return field === undefined ? null : { field, words: failure.detail };
}
