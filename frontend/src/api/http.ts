import type { Wire } from '@/contract/localised';
import { refusal } from '@/contract/session';
import { ContractError, RefusedError, UnreachableError } from './failures';

/** The platform itself says with 502, in words, that an archive of the hospital did not answer. */
const ARCHIVE_REFUSAL = 'archive';
const UNSAFE = new Set(['POST', 'PUT', 'PATCH', 'DELETE']);

export interface CallOptions {
  method?: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** Sent as JSON. */
  body?: unknown;
  /** Sent as it is, of this type, instead of a body. */
  text?: string;
  type?: string;
  accept?: string;
  signal?: AbortSignal | undefined;
}

/**
 * Ask the server and give back the raw answer.
 *
 * @throws UnreachableError If nobody answers.
 * @throws RefusedError If the answer is no.
 */
export async function ask(path: string, options: CallOptions = {}): Promise<Response> {
  const method = options.method ?? 'GET';
  const headers = new Headers({ Accept: options.accept ?? 'application/json' });
  const body = options.text ?? (options.body === undefined ? null : JSON.stringify(options.body));
  if (body !== null) {
    headers.set('Content-Type', options.type ?? 'application/json');
  }
  if (UNSAFE.has(method)) {
    headers.set('X-CSRFToken', csrfToken());
  }
  const response = await send(path, {
    method,
    headers,
    body,
    credentials: 'same-origin',
    signal: options.signal ?? null,
  });
  if (!response.ok) {
    throw await refusalOf(response);
  }
  return response;
}

/**
 * Ask the server for JSON and check it against the contract.
 *
 * @throws ContractError If the answer has another form.
 */
export async function askFor<T>(wire: Wire<T>, path: string, options: CallOptions = {}): Promise<T> {
  const response = await ask(path, options);
  const parsed = wire.safeParse(await jsonOf(response, path));
  if (!parsed.success) {
    throw new ContractError(path, parsed.error.message);
  }
  return parsed.data;
}

async function send(path: string, init: RequestInit): Promise<Response> {
  try {
    return await fetch(path, init);
  } catch (failure) {
    if (failure instanceof DOMException && failure.name === 'AbortError') {
      throw failure;
    }
    throw new UnreachableError(failure);
  }
}

async function jsonOf(response: Response, path: string): Promise<unknown> {
  try {
    return await response.json();
  } catch (failure) {
    throw new ContractError(path, `no JSON: ${String(failure)}`);
  }
}

async function refusalOf(response: Response): Promise<RefusedError | UnreachableError> {
  return refusedBy(response.status, await response.json().catch(() => null));
}

/** What an answer that says no means; what stands between page and server speaks with 502 to 504. */
export function refusedBy(status: number, said: unknown): RefusedError | UnreachableError {
  const parsed = refusal.safeParse(said);
  const isArchive = parsed.success && parsed.data.code === ARCHIVE_REFUSAL;
  if (status >= 502 && status <= 504 && !isArchive) {
    return new UnreachableError(status);
  }
  return parsed.success ? new RefusedError(status, parsed.data.code, parsed.data.detail) : new RefusedError(status, null, null);
}

export function csrfToken(): string {
  const cookie = document.cookie.split('; ').find((one) => one.startsWith('csrftoken='));
  return cookie === undefined ? '' : decodeURIComponent(cookie.slice('csrftoken='.length));
}
