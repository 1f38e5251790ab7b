/** Shows a page of ours without a browser, with a server that answers from a table. */

import { MantineProvider } from '@mantine/core';
import { Notifications } from '@mantine/notifications';
import { QueryClient, QueryClientProvider } from '@tanstack/react-query';
import { readFileSync } from 'node:fs';
import { act, type ReactNode } from 'react';
import { createRoot } from 'react-dom/client';
import { MemoryRouter } from 'react-router';
import { vi } from 'vitest';
import { me, type Me } from '@/contract/session';
import { chooseLanguage, type Language } from '@/i18n/language';

export const fixture = (name: string): unknown => (JSON.parse(readFileSync(`contract/fixtures/${name}.json`, 'utf8')) as { value: unknown }).value;

export const radiologist = me.parse(fixture('session'));
export const administrator: Me = { ...radiologist, role: 'tenant_administrator', roles: ['tenant_administrator'], permissions: ['tenant.administer'] };

/** What was asked of the server so far. */
export interface Asked {
  method: string;
  path: string;
  body: unknown;
}

/** How the server answers a method and a path, at once or later; a `Response` says it with its status. */
export type Answers = (asked: Asked) => unknown;

export interface Shown {
  box: HTMLElement;
  asked: Asked[];
  client: QueryClient;
  leave: () => void;
}

const TURNS = 12;

/** Let what was begun come to its end: counted in turns of the event loop, since a busy machine has no time to rely on. */
export const settle = (): Promise<void> =>
  act(async () => {
    for (let turn = 0; turn < TURNS; turn += 1) {
      await new Promise<void>((done) => setTimeout(done, 2));
    }
  });

export async function showPage(page: ReactNode, answers: Answers, { who = administrator, language = 'en' as Language, at = '/' } = {}): Promise<Shown> {
  const asked: Asked[] = [];
  vi.stubGlobal('fetch', (path: string, init: RequestInit) => {
    const one = { method: init.method ?? 'GET', path, body: typeof init.body === 'string' ? (JSON.parse(init.body) as unknown) : null };
    asked.push(one);
    return Promise.resolve(answers(one)).then((said) => (said instanceof Response ? said : new Response(JSON.stringify(said))));
  });
  const client = new QueryClient({ defaultOptions: { queries: { retry: false } } });
  client.setQueryData(['session'], who);
  await act(() => chooseLanguage(language));
  const box = document.body.appendChild(document.createElement('div'));
  const root = createRoot(box);
  act(() =>
    root.render(
      <QueryClientProvider client={client}>
        <MantineProvider>
          <Notifications />
          <MemoryRouter initialEntries={[at]}>{page}</MemoryRouter>
        </MantineProvider>
      </QueryClientProvider>,
    ),
  );
  await settle();
  await settle();
  return {
    box,
    asked,
    client,
    leave: () => {
      act(() => root.unmount());
      box.remove();
      vi.unstubAllGlobals();
    },
  };
}

/** Wait until something is true, however busy the machine is. */
export async function until(isTrue: () => boolean): Promise<void> {
  for (let left = 400; !isTrue() && left > 0; left -= 1) {
    await settle();
  }
}

export const all = (box: ParentNode, testId: string): HTMLElement[] => [...box.querySelectorAll<HTMLElement>(`[data-testid="${testId}"]`)];
export const first = (box: ParentNode, testId: string): HTMLElement => {
  const [found] = all(box, testId);
  if (found === undefined) {
    throw new Error(`nothing is called ${testId}`);
  }
  return found;
};
export const click = async (target: HTMLElement): Promise<void> => {
  act(() => target.click());
  await settle();
};
export const press = async (code: string): Promise<void> => {
  act(() => void window.dispatchEvent(new KeyboardEvent('keydown', { code })));
  await settle();
};

/** Write into a field as a person does: React hears the event, not the property. */
export const write = async (field: HTMLElement, text: string): Promise<void> => {
  const setter = Object.getOwnPropertyDescriptor(Object.getPrototypeOf(field) as object, 'value')?.set;
  act(() => {
    setter?.call(field, text);
    field.dispatchEvent(new Event('input', { bubbles: true }));
  });
  await settle();
};
