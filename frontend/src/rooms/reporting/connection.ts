import type { ConnectionOrder, RisConnection } from '@/contract/reports';

const MOST_PORT = 65_535;
/** Of HL7 v2: what separates fields. */
const SEPARATORS = /[|^~\\&\r\n]/;

/** A connection as it stands in the form; a port that is not written is an empty text. */
export type Draft = Omit<ConnectionOrder, 'port' | 'token'> & { port: number | ''; token: string };
export type Field = keyof Draft;
export type Fault = 'needed' | 'port' | 'url' | 'separator';
export type Faults = Partial<Record<Field, Fault>>;

const NAMES = ['sending_application', 'sending_facility', 'receiving_application', 'receiving_facility'] as const;

const UNWRITTEN: Draft = {
  name: '',
  kind: 'hl7_mllp',
  host: '',
  port: 2575,
  base_url: '',
  token: '',
  sending_application: 'ALLWARD',
  sending_facility: '',
  receiving_application: '',
  receiving_facility: '',
  language: 'zh',
  sends_preliminary: false,
  for_research: false,
  enabled: true,
};

/** What the server is told of a connection as it is. */
function saidOf(connection: RisConnection): Omit<ConnectionOrder, 'token'> {
  const { name, kind, host, port, base_url, sending_application, sending_facility, receiving_application, receiving_facility, language, sends_preliminary, for_research, enabled } = connection;
  return { name, kind, host, port, base_url, sending_application, sending_facility, receiving_application, receiving_facility, language, sends_preliminary, for_research, enabled };
}

export function draftOf(connection: RisConnection | null): Draft {
  return connection === null ? UNWRITTEN : { ...saidOf(connection), port: connection.port === 0 ? '' : connection.port, token: '' };
}

function isAddress(text: string): boolean {
  try {
    const { protocol, hostname, search, username } = new URL(text);
    return /^https?:$/.test(protocol) && hostname !== '' && search === '' && username === '';
  } catch (failure) {
    if (failure instanceof TypeError) {
      return false;
    }
    throw failure;
  }
}

/** What is missing or malformed, by field; the platform holds the same against it. */
export function faultsOf(draft: Draft): Faults {
  const { name, kind, host, port, base_url: url } = draft;
  const ofMllp = kind === 'hl7_mllp' ? { ...(host.trim() === '' ? { host: 'needed' as const } : {}), ...(port === '' || port < 1 || port > MOST_PORT ? { port: 'port' as const } : {}) } : {};
  const ofFhir = kind === 'fhir' && !isAddress(url.trim()) ? { base_url: 'url' as const } : {};
  const separators = NAMES.filter((field) => SEPARATORS.test(draft[field])).map((field) => [field, 'separator'] as const);
  return { ...(name.trim() === '' ? { name: 'needed' as const } : {}), ...ofMllp, ...ofFhir, ...Object.fromEntries(separators) };
}

/** What the server is told; a token that nobody wrote leaves the one that is kept. */
export function orderOf({ token, port, ...draft }: Draft): ConnectionOrder {
  const isMllp = draft.kind === 'hl7_mllp';
  return {
    ...draft,
    name: draft.name.trim(),
    host: isMllp ? draft.host.trim() : '',
    port: isMllp && port !== '' ? port : 0,
    base_url: isMllp ? '' : draft.base_url.trim(),
    token: token.trim() === '' ? null : token.trim(),
  };
}

/** The same connection, switched on or off. */
export const switched = (connection: RisConnection): ConnectionOrder => ({ ...saidOf(connection), enabled: !connection.enabled, token: null });

/** Where reports go. */
export const addressOf = ({ kind, host, port, base_url: url }: RisConnection): string => (kind === 'fhir' ? url : `${host}:${port}`);
