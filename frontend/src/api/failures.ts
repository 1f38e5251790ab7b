import type { Localised } from '@/contract/localised';

/** The server said no, in words that are meant for the user. */
export class RefusedError extends Error {
  constructor(
    readonly status: number,
    readonly code: string | null,
    readonly detail: Localised | null,
  ) {
    super(detail?.en ?? `HTTP ${status}`);
    this.name = 'RefusedError';
  }
}

/** Nobody answered: network, proxy or a stopped server. */
export class UnreachableError extends Error {
  constructor(cause: unknown) {
    super('The server cannot be reached', { cause });
    this.name = 'UnreachableError';
  }
}

/** The server answered in a form that the contract does not know: a bug of ours, on one side or the other. */
export class ContractError extends Error {
  constructor(path: string, problem: string) {
    super(`${path}: ${problem}`);
    this.name = 'ContractError';
  }
}

export const isSignedOut = (failure: unknown): boolean => failure instanceof RefusedError && failure.status === 401;
