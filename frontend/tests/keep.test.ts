import { QueryClient, QueryObserver } from '@tanstack/react-query';
import { describe, expect, it } from 'vitest';
import { keep } from '@/api/keep';

const turn = (): Promise<void> => new Promise((done) => setTimeout(done, 5));

describe('what the server has stored', () => {
  it('stays, though an older answer comes after it, and is asked for once more', async () => {
    const client = new QueryClient();
    const waiting: ((said: string) => void)[] = [];
    const observer = new QueryObserver(client, { queryKey: ['k'], queryFn: () => new Promise<string>((done) => waiting.push(done)) });
    const leave = observer.subscribe(() => undefined);
    await turn();
    await keep<string>(client, ['k'], () => 'stored');
    expect(client.getQueryData(['k'])).toBe('stored');
    await turn();
    expect(waiting.length).toBe(2);
    waiting[0]?.('older');
    await turn();
    expect(client.getQueryData(['k'])).toBe('stored');
    waiting[1]?.('stored, and what others did');
    await turn();
    expect(client.getQueryData(['k'])).toBe('stored, and what others did');
    leave();
  });
});
