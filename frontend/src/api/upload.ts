import type { Wire } from '@/contract/localised';
import { ContractError, UnreachableError } from './failures';
import { csrfToken, refusedBy } from './http';

export interface UploadOptions {
  /** Told how much has gone out, 0 to 1. */
  onProgress: (share: number) => void;
  signal: AbortSignal;
}

/**
 * Send a file as it is and check the answer against the contract. `fetch` does not tell how far it is, so this is the older way.
 *
 * @throws UnreachableError If nobody answers.
 * @throws RefusedError If the answer is no.
 * @throws ContractError If the answer has another form.
 * @throws DOMException `AbortError`, if `signal` called it off.
 */
export function upload<T>(wire: Wire<T>, path: string, file: Blob, { onProgress, signal }: UploadOptions): Promise<T> {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.open('POST', path);
    request.setRequestHeader('Accept', 'application/json');
    request.setRequestHeader('Content-Type', 'application/octet-stream');
    request.setRequestHeader('X-CSRFToken', csrfToken());
    request.upload.onprogress = ({ loaded, total }) => onProgress(total > 0 ? loaded / total : 0);
    request.onerror = () => reject(new UnreachableError('the upload broke off'));
    request.onabort = () => reject(new DOMException('called off', 'AbortError'));
    request.onload = () => {
      const said = jsonOr(null, request.responseText);
      if (request.status >= 400) {
        return reject(refusedBy(request.status, said));
      }
      const parsed = wire.safeParse(said);
      return parsed.success ? resolve(parsed.data) : reject(new ContractError(path, parsed.error.message));
    };
    signal.addEventListener('abort', () => request.abort());
    request.send(file);
  });
}

function jsonOr(otherwise: unknown, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return otherwise;
  }
}
